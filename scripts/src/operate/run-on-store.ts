import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { packageDirectory, type ServiceName, serviceNames } from '../repository/packages.ts';
import { readJson } from '../repository/read-json.ts';
import { installPackage } from '../toolchain/install-package.ts';
import { findUrl } from './running-system.ts';

const COULD_NOT_RUN = 2;
const Package = z.object({ scripts: z.record(z.string(), z.string()) });

/** Commands that are an npm script of the service that owns the data. */
const descriptions = {
  'verify-ledger':
    'Recomputes every balance from the ledger, and compares entries and decisions. Prints each difference. Exit code 1: there is a difference; 2: it could not tell. Safe while the services run.',
  'rebuild-progress':
    'Counts the stored activity again, and corrects every counter of progress that differs. Safe while the services run. Set ACTIVITY_RETENTION here too if the service has it.',
};

/** `scripts/verify-ledger` and `scripts/rebuild-progress`: find the store, and run the script of the service on it. */
export const runOnStore = (script: keyof typeof descriptions) => async (args: string[]) => {
  const { url } = new Command(script)
    .description(descriptions[script])
    .option('--url <url>', 'the store; otherwise MONGODB_URL, or the system that ./scripts/up runs here')
    .parse(args, { from: 'user' })
    .opts<{ url?: string }>();
  const env = { ...process.env, MONGODB_URL: await findUrl('MONGODB_URL', url) };
  for (const service of await servicesWithScript(script)) {
    const cwd = packageDirectory(service);
    await installPackage(cwd);
    const child = spawn('npm', ['run', '--silent', script], { cwd, env, stdio: 'inherit' });
    await once(child, 'close');
    process.exitCode = Math.max(Number(process.exitCode ?? 0), child.exitCode ?? COULD_NOT_RUN);
  }
};

/** The services whose package.json has this script. */
export async function servicesWithScript(script: string): Promise<ServiceName[]> {
  const packages = await Promise.all(
    serviceNames.map((service) => readJson(join(packageDirectory(service), 'package.json'), Package)),
  );
  return serviceNames.filter((_, index) => packages[index]?.scripts[script] !== undefined);
}
