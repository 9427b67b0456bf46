import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

// Debian keeps servers where the PATH of an ordinary user does not look.
const systemDirectories = [
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
];

export async function findExecutable(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
  extraDirectories: readonly string[] = systemDirectories,
): Promise<string | undefined> {
  for (const directory of [...(env['PATH'] ?? '').split(delimiter), ...extraDirectories]) {
    if (directory === '') continue;
    const path = join(directory, name);
    if (await isExecutableFile(path)) return path;
  }
  return undefined;
}

export async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
