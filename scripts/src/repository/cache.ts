import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from './folders.ts';

/** The folder for downloads. All checkouts of this user share it; with a read-only home it is inside the checkout. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const candidates = [
    env['LAUREL_CACHE_DIR'],
    env['XDG_CACHE_HOME'] && join(env['XDG_CACHE_HOME'], 'laurel'),
    join(homedir(), '.cache', 'laurel'),
  ];
  return (
    candidates.find((directory) => directory && isWritable(directory)) ?? join(repositoryRoot, '.toolchain')
  );
}

function isWritable(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
