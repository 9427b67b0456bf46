import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { UserError } from '../console/user-error.ts';
import { dataDirectory, packageDirectory, type ServiceName } from '../repository/packages.ts';
import { installPackage } from '../toolchain/install-package.ts';
import { runningState } from './state-file.ts';

const COULD_NOT_RUN = 2;

/**
 * Lets a service, whose store it is, do the work: runs its npm script with `MONGODB_URL` set.
 *
 * @param url the store; otherwise `MONGODB_URL`, or that of the system that runs here
 * @returns the exit code
 */
export async function runOnStore(service: ServiceName, script: string, url?: string): Promise<number> {
  const env = { ...process.env, MONGODB_URL: url ?? (await findStore()) };
  const cwd = packageDirectory(service);
  await installPackage(cwd);
  const child = spawn('npm', ['run', '--silent', script], { cwd, env, stdio: 'inherit' });
  await once(child, 'close');
  return child.exitCode ?? COULD_NOT_RUN;
}

async function findStore(): Promise<string> {
  const running = await runningState(dataDirectory());
  const url =
    process.env['MONGODB_URL'] ?? running?.backing.find(({ variable }) => variable === 'MONGODB_URL')?.url;
  if (url) return url;
  throw new UserError(
    'The store is not known: set MONGODB_URL, say --url, or start a system with ./scripts/up.',
  );
}
