import { Command } from 'commander';
import { print } from '../console/print.ts';
import { isStillThere } from '../processes/process-identity.ts';
import { acceptsConnections } from '../processes/ports.ts';
import { dataDirectory } from '../repository/packages.ts';
import { type ProcessState, readState } from '../supervisor/state-file.ts';
import { isReady } from '../system/service-process.ts';

interface Row {
  name: string;
  pid: number | null;
  port: number;
  restarts: number;
  ready: boolean;
}

/** `scripts/status`: what runs, and whether it is ready. Exit code 0 only when all of it is. */
export async function main(args: string[]): Promise<void> {
  const { json } = new Command('status')
    .description('Shows what runs in this checkout. Exits with 0 only when everything is ready.')
    .option('--json', 'an array of { name, pid, port, restarts, ready }, one element per service', false)
    .parse(args, { from: 'user' })
    .opts<{ json: boolean }>();

  const state = await readState(dataDirectory());
  const running = state !== undefined && isStillThere(state.supervisor);
  const processes = state?.processes ?? [];
  const services = await Promise.all(processes.filter((one) => one.kind === 'service').map(rowOf));
  const backing = await Promise.all(processes.filter((one) => one.kind === 'backing service').map(rowOf));
  if (json) print(JSON.stringify(services, null, 2));
  else if (state === undefined) print('Nothing is running. ./scripts/up starts everything.');
  else {
    const told = running ? `${state.phase} since ${state.startedAt}` : 'gone; ./scripts/down cleans up';
    print(
      `./scripts/${state.command}, pid ${state.supervisor.pid}: ${told}${state.url === null ? '' : `, at ${state.url}`}`,
    );
    print();
    printTable([...services, ...backing]);
  }
  process.exitCode = running && [...services, ...backing].every((row) => row.ready) ? 0 : 1;
}

async function rowOf({ name, identity, port, adminPort, restarts }: ProcessState): Promise<Row> {
  const alive = identity !== null && isStillThere(identity);
  const ready = alive && (adminPort === null ? await acceptsConnections(port) : await isReady(adminPort));
  return { name, pid: alive ? identity.pid : null, port, restarts, ready };
}

function printTable(rows: Row[]): void {
  const cells = rows.map(({ name, pid, port, restarts, ready }) => [
    name,
    pid === null ? '-' : String(pid),
    String(port),
    String(restarts),
    ready ? 'yes' : 'no',
  ]);
  const table = [['name', 'pid', 'port', 'restarts', 'ready'], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  for (const row of table)
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
