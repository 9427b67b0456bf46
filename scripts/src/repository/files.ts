import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runCommand } from '../processes/run-command.ts';
import { repositoryRoot } from './folders.ts';

const neverOurs = new Set(['node_modules', '.git', '.data', '.toolchain', 'dist', 'coverage']);

/** The files of the project below a folder, relative to it: those that git tracks or would add. Without git, all files
 * that no tool made. */
export async function projectFiles(directory: string = repositoryRoot): Promise<string[]> {
  const listed = await runCommand('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: directory,
  });
  if (listed.code !== 0) return walk(directory, directory);
  const there = new Set(await walk(directory, directory));
  // The index may still list a file that was removed.
  return listed.stdout
    .split('\0')
    .filter((file) => there.has(file))
    .toSorted();
}

async function walk(root: string, directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => !neverOurs.has(entry.name))
      .map(async (entry) => {
        const path = join(directory, entry.name);
        return entry.isDirectory() ? walk(root, path) : [relative(root, path)];
      }),
  );
  return found.flat().toSorted();
}
