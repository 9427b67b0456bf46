import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { print } from '../console/print.ts';
import { seconds } from '../console/steps.ts';
import { playFirstReward } from '../demo/first-reward.ts';
import { dataDirectory, serviceNames } from '../repository/packages.ts';
import { readJson } from '../repository/read-json.ts';
import { describePorts, mustBeFree } from '../supervisor/port-settings.ts';
import { prepare } from '../supervisor/prepare.ts';
import { runSupervised, whatIsRunning } from '../supervisor/run-supervised.ts';
import type { SystemState } from '../supervisor/state-file.ts';
import { credentialsFile, keepCredentials } from '../system/credentials.ts';
import { printStep } from './demo.ts';

const description = `Starts the whole system: MongoDB, Redis, RabbitMQ and every service, then plays the first reward once.
Ports: ${describePorts()}.
MONGODB_URL, REDIS_URL and RABBITMQ_URL, where set, are used instead of starting these. LAUREL_RABBITMQ_MANAGEMENT=1 adds
RabbitMQ's management page. Everything is kept in .data/ (LAUREL_DATA_DIR).`;

interface UpOptions {
  detach: boolean;
  demo: boolean;
}

/** `scripts/up`: from a fresh clone to a granted reward. */
export async function main(args: string[]): Promise<void> {
  const options = new Command('up')
    .description(description)
    .option('-d, --detach', 'return when everything is ready; ./scripts/down stops it', false)
    .option('--no-demo', 'do not play the first reward')
    .parse(args, { from: 'user' })
    .opts<UpOptions>();

  const startedAt = performance.now();
  const running = await whatIsRunning();
  if (running !== undefined) {
    print(running.sentence);
    return;
  }
  await mustBeFree(process.env);
  const onReady = async (state: SystemState) => {
    print(`\nReady after ${seconds(performance.now() - startedAt)}.`);
    if (options.demo) await playOnce(state);
    await printSummary(state, options.detach);
  };
  await runSupervised({
    command: 'up',
    detach: options.detach,
    prepare: () => prepare(serviceNames, { useUrls: true }),
    onReady,
  });
}

// Once per data directory: a second start must not add demonstrations to the data of its user.
async function playOnce({ url }: SystemState): Promise<void> {
  const file = join(dataDirectory(), 'first-reward.json');
  if (url === null || (await readJson(file, z.unknown())) !== undefined) return;
  print('\nThe first reward:');
  const { adminUsername, adminPassword } = await keepCredentials(dataDirectory());
  const played = await playFirstReward({ url, adminUsername, adminPassword, onStep: printStep });
  await writeFile(file, `${JSON.stringify(played, null, 2)}\n`);
}

async function printSummary({ url, managementUrl }: SystemState, detached: boolean): Promise<void> {
  const { adminUsername } = await keepCredentials(dataDirectory());
  const kept = relative(process.cwd(), credentialsFile(dataDirectory()));
  print(`
  Gateway     ${url}
  API docs    ${url}/docs/`);
  if (managementUrl !== null) print(`  RabbitMQ    ${managementUrl} (user admin, password in ${kept})`);
  print(`  Admin       ${adminUsername}, password in ${kept} (adminPassword)

  Try         curl -s ${url}/v1/auth/register -H 'content-type: application/json' -d '{"username":"ada","password":"a laurel for the patient"}'
  Logs        ${relative(process.cwd(), join(dataDirectory(), 'logs'))}/
  Stop        ${detached ? './scripts/down' : 'Ctrl-C'}
`);
}
