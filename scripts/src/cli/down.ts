import { Command } from 'commander';
import { print } from '../console/print.ts';
import { dataDirectory } from '../repository/packages.ts';
import { stopRunning } from '../supervisor/stop-running.ts';

/** `scripts/down`: stops what `up --detach` or `infra --detach` started. The data stays. */
export async function main(args: string[]): Promise<void> {
  new Command('down')
    .description(
      'Stops what ./scripts/up or ./scripts/infra started in this checkout. The data in .data/ stays.',
    )
    .parse(args, { from: 'user' });
  const outcome = await stopRunning(dataDirectory());
  if (outcome === 'nothing') print('Nothing is running.');
  else if (outcome === 'stopped') print('Stopped. The data stays in .data/ for the next start.');
  else print('The supervisor was gone already; what it had left running was stopped.');
}
