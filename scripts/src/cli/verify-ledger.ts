import { Command } from 'commander';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { UserError } from '../console/user-error.ts';
import { dataDirectory, packageDirectory } from '../repository/packages.ts';
import { runningState } from '../supervisor/state-file.ts';
import { installPackage } from '../toolchain/install-package.ts';

/** `scripts/verify-ledger`: finds the store, and lets auth-service, whose ledger it is, do the work. */
export async function main(args: string[]): Promise<void> {
  const { url } = new Command('verify-ledger')
    .description(
      'Recomputes every balance from the ledger, and holds entries and decisions against each other. Says each difference, and ends with 1 when there is one, 2 when it could not tell. Safe while the services run.',
    )
    .option('--url <url>', 'the store; otherwise MONGODB_URL, or the system that ./scripts/up runs here')
    .parse(args, { from: 'user' })
    .opts<{ url?: string }>();

  const env = { ...process.env, MONGODB_URL: url ?? (await findStore()) };
  const cwd = packageDirectory('auth-service');
  await installPackage(cwd);
  const child = spawn('npm', ['run', '--silent', 'verify-ledger'], { cwd, env, stdio: 'inherit' });
  await once(child, 'close');
  process.exitCode = child.exitCode ?? 2;
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
