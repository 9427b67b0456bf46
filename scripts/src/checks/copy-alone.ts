import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Keeper } from '../processes/keeper.ts';
import { projectFiles } from '../repository/files.ts';
import { packageDirectory, type PackageName } from '../repository/packages.ts';

/** Copies a package's own files into an empty temporary folder, as if it were a repository of its own, and works there. */
export async function inCopyOf<T>(
  name: PackageName,
  keeper: Keeper,
  work: (copy: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), `laurel-${name}-`));
  keeper.removeAtEnd(directory);
  try {
    const copy = join(directory, name);
    const source = packageDirectory(name);
    for (const file of await projectFiles(source)) {
      await mkdir(dirname(join(copy, file)), { recursive: true });
      await cp(join(source, file), join(copy, file));
    }
    return await work(copy);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
