import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { packageDirectory, type ServiceName } from '../../repository/packages.ts';
import type { Mutation, Replacement } from './mutations.ts';

/** What of the installed packages may be changed; the others are looked up where they are. */
const COPIED = 'service-kit';

/** Copies the services that a mutation is about, and breaks the copies. @returns where they are */
export async function breakBuild(
  mutation: Mutation,
  directory: string,
): Promise<Partial<Record<ServiceName, string>>> {
  const folders: Partial<Record<ServiceName, string>> = {};
  for (const service of mutation.services) {
    const copy = join(directory, service);
    await copyService(packageDirectory(service), copy);
    for (const replacement of mutation.replacements) await replaceIn(copy, replacement);
    folders[service] = copy;
  }
  return folders;
}

/** The sources as they are, and the installed packages by links but for the one that may be changed. */
export async function copyService(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
  const packages = join(from, 'node_modules');
  await mkdir(join(to, 'node_modules'));
  for (const name of await readdir(packages)) {
    const copy = join(to, 'node_modules', name);
    if (name === COPIED) await cp(join(packages, name), copy, { recursive: true });
    else await symlink(join(packages, name), copy);
  }
}

/** A text that is not there once and only once is an error: the mutation would not be what it says. */
export async function replaceIn(folder: string, { file, from, to }: Replacement): Promise<void> {
  const path = join(folder, file);
  const text = await readFile(path, 'utf8');
  const count = text.split(from).length - 1;
  if (count !== 1) throw new Error(`${file} has ${count} times what is to be broken: ${from}`);
  await writeFile(
    path,
    text.replace(from, () => to),
  );
}
