import { join, resolve } from 'node:path';

export const repositoryRoot = resolve(import.meta.dirname, '../../..');

export function packageDirectory(name: string): string {
  return join(repositoryRoot, name);
}
