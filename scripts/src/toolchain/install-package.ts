import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../console/user-error.ts';
import { isAlive } from '../processes/process-identity.ts';
import { runCommand } from '../processes/run-command.ts';

const LOCK_WAIT_MS = 5 * 60_000;

/** Whether node_modules was installed from this lockfile, for this Node and platform. */
export async function isInstalled(directory: string): Promise<boolean> {
  const stamp = await readFile(stampFile(directory), 'utf8').catch(() => '');
  return stamp !== '' && stamp === (await lockfileStamp(directory));
}

/** Runs `npm ci`, unless the last one was for the same lockfile. */
export async function installPackage(directory: string): Promise<'installed' | 'already installed'> {
  if (await isInstalled(directory)) return 'already installed';
  return withInstallLock(directory, async () => {
    if (await isInstalled(directory)) return 'already installed';
    await npmCi(directory);
    return 'installed';
  });
}

/** Runs `npm ci` and writes the stamp. */
export async function npmCi(directory: string): Promise<void> {
  const stamp = await lockfileStamp(directory);
  // Lockfiles name no host, so without --prefer-offline npm asks the registry for every package that it has already.
  const args = ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await runCommand('npm', args, { cwd: directory });
  if (code !== 0) throw new UserError(`npm ci failed in ${basename(directory)}:\n${output.trim()}`);
  await writeFile(stampFile(directory), stamp);
}

function stampFile(directory: string): string {
  return join(directory, 'node_modules', '.laurel-stamp');
}

async function lockfileStamp(directory: string): Promise<string> {
  const lockfile = await readFile(join(directory, 'package-lock.json')).catch(() => {
    throw new UserError(`${basename(directory)} has no package-lock.json: is this a whole checkout?`);
  });
  const { node } = process.versions;
  return createHash('sha256')
    .update(lockfile)
    .update(`${node.split('.')[0]}-${process.platform}-${process.arch}`)
    .digest('hex');
}

// Two commands must not run `npm ci` in one folder at once: the second would delete files of the first. Not a library,
// because this runs before any package is installed.
async function withInstallLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const lock = join(directory, '.install.lock');
  const deadline = Date.now() + LOCK_WAIT_MS;
  while (!(await tryLock(lock))) {
    if (Date.now() > deadline)
      throw new UserError(`Another command has been installing ${directory} for too long.`);
    await delay(200);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
  if (owner > 0 && !isAlive(owner)) await rm(lock, { force: true });
  return false;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
