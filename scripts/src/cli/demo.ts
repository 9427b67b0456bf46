import { Command } from 'commander';
import { print } from '../console/print.ts';
import { UserError } from '../console/user-error.ts';
import { playFirstReward } from '../demo/first-reward.ts';
import { dataDirectory } from '../repository/packages.ts';
import { runningState } from '../supervisor/state-file.ts';
import { readCredentials } from '../system/credentials.ts';

/** `scripts/demo`: plays the first reward against a running system. */
export async function main(args: string[]): Promise<void> {
  const { url } = new Command('demo')
    .description(
      'Plays the first reward against a running system. The admin is the one of .data/credentials.json, or LAUREL_ADMIN_USERNAME and LAUREL_ADMIN_PASSWORD.',
    )
    .option('--url <url>', 'where the gateway is; otherwise the system that ./scripts/up runs here')
    .parse(args, { from: 'user' })
    .opts<{ url?: string }>();

  const target = url ?? (await runningState(dataDirectory()))?.url;
  if (!target)
    throw new UserError(
      'No system is running here: start one with ./scripts/up, or say where one is with --url.',
    );
  const startedAt = performance.now();
  await playFirstReward({ url: target, ...(await findAdmin()), onStep: printStep });
  print(`${milliseconds(performance.now() - startedAt)}  in all`);
}

export function printStep(text: string, ms: number): void {
  print(`${milliseconds(ms)}  ${text}`);
}

async function findAdmin(): Promise<{ adminUsername: string; adminPassword: string }> {
  const { LAUREL_ADMIN_USERNAME: adminUsername, LAUREL_ADMIN_PASSWORD: adminPassword } = process.env;
  if (adminUsername && adminPassword) return { adminUsername, adminPassword };
  const kept = await readCredentials(dataDirectory());
  if (kept !== undefined) return kept;
  throw new UserError('The admin is not known: set LAUREL_ADMIN_USERNAME and LAUREL_ADMIN_PASSWORD.');
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(0).padStart(6)} ms`;
}
