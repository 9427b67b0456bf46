import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { repositoryRoot } from '../repository/packages.ts';
import { projectFiles } from '../repository/files.ts';

/** A lockfile that names a host would send everyone to that registry. */
export async function lockfilesNameNoHost(): Promise<string[]> {
  const lockfiles = (await projectFiles()).filter((file) => basename(file) === 'package-lock.json');
  const problems = await Promise.all(lockfiles.map(hostsIn));
  return problems.flat();
}

async function hostsIn(file: string): Promise<string[]> {
  const text = await readFile(join(repositoryRoot, file), 'utf8');
  const hosts = [...text.matchAll(/"resolved": "(https?:\/\/[^/"]+)/g)].map((match) => match[1]);
  return [...new Set(hosts)].map(
    (host) => `${file} names ${host}: omit-lockfile-registry-resolved=true must be in .npmrc`,
  );
}
