import { Command } from 'commander';
import { print, printError } from '../console/print.ts';
import { prepare } from '../supervisor/prepare.ts';
import { runSupervised, whatIsRunning } from '../supervisor/run-supervised.ts';
import type { SystemState } from '../supervisor/state-file.ts';

/** `scripts/infra`: MongoDB, Redis and RabbitMQ alone, for working on one service by hand. */
export async function main(args: string[]): Promise<void> {
  const { detach } = new Command('infra')
    .description('Starts MongoDB, Redis and RabbitMQ alone and prints their URLs as export lines.')
    .option('-d, --detach', 'return when they are ready; ./scripts/down stops them', false)
    .parse(args, { from: 'user' })
    .opts<{ detach: boolean }>();

  const running = await whatIsRunning();
  if (running !== undefined) {
    printError(`# ${running.sentence}`);
    printExports(running.state);
    return;
  }
  const onReady = async (state: SystemState) => {
    printExports(state);
    printError(`# Ready. ${detach ? './scripts/down stops them.' : 'Ctrl-C stops them.'}`);
  };
  await runSupervised({
    command: 'infra',
    detach,
    prepare: () => prepare([], { useUrls: true }, printError),
    onReady,
    printLine: printError,
  });
}

function printExports({ backing, managementUrl }: SystemState): void {
  for (const { variable, url } of backing) print(`export ${variable}='${url}'`);
  if (managementUrl !== null) printError(`# RabbitMQ management: ${managementUrl}`);
}
