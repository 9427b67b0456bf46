import { Command, InvalidArgumentError } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type ChaosPlan, GAP_MS, RATE } from '../chaos/chaos-plan.ts';
import { type FaultKind, faultKinds } from '../chaos/faults/fault.ts';
import { isBroken, linesOf, reportOf } from '../chaos/report/chaos-report.ts';
import { runChaos } from '../chaos/run-chaos.ts';
import { runSelfTest, selfTestLines } from '../chaos/self-test/run-self-test.ts';
import type { Sources } from '../backing-services/sources.ts';
import { print, printError } from '../console/print.ts';
import { serviceNames } from '../repository/packages.ts';
import { prepare } from '../supervisor/prepare.ts';

interface Options {
  seed: number;
  minutes: number;
  quick: boolean;
  faults: FaultKind[];
  on?: string;
  brokerNodes: number;
  rate: number;
  gap: number;
  selfTest: boolean;
  json?: string;
  logs?: string;
}

/** `scripts/chaos`: disturbs a private system under load, and checks that every promise was kept. Exit code 1 if not. */
export async function main(args: string[]): Promise<void> {
  const options = new Command('chaos')
    .description(
      'Disturbs a private system under load, mends it, and checks what clients were told, both databases and the queues.',
    )
    .option('--seed <n>', 'the same seed gives the same faults', wholeNumber, Math.floor(Date.now() / 1_000))
    .option('--minutes <m>', 'length of the load', positiveNumber, 10)
    .option('--quick', 'a load of one minute', false)
    .option('--faults <kinds>', `some of: ${faultKinds.join(',')}`, faultsIn, [...faultKinds])
    .option(
      '--gap <s>',
      'seconds between the starts of two faults, on average',
      positiveNumber,
      GAP_MS / 1_000,
    )
    .option('--on <name>', 'disturbs only what has this in its name, such as rabbitmq')
    .option('--broker-nodes <n>', 'RabbitMQ as one node or as a cluster of 3', brokerNodes, 1)
    .option('--rate <n>', 'operations begun each second', positiveNumber, RATE)
    .option('--self-test', 'broken builds of the services, each of which must be found out', false)
    .option('--json <file>', 'where the report goes')
    .option('--logs <directory>', 'where the lines of every process go')
    .parse(args, { from: 'user' })
    .opts<Options>();

  const sources = await prepare(serviceNames, { useUrls: false }, printError);
  const plan: ChaosPlan = {
    seed: options.seed,
    durationMs: options.quick ? 60_000 : Math.round(options.minutes * 60_000),
    kinds: options.faults,
    gapMs: options.gap * 1_000,
    brokerNodes: options.brokerNodes,
    rate: options.rate,
    ...(options.on !== undefined && { on: options.on }),
    ...(options.logs !== undefined && { logs: resolve(options.logs) }),
  };
  if (options.selfTest) return testItself(options, sources);
  const report = reportOf(await runChaos(plan, sources, printError));
  for (const line of linesOf(report)) print(line);
  if (options.json !== undefined) await writeReport(resolve(options.json), report);
  process.exitCode = isBroken(report) ? 1 : 0;
}

async function testItself({ seed, json }: Options, sources: Sources): Promise<void> {
  const results = await runSelfTest({ seed, sources, say: printError });
  for (const line of selfTestLines(results)) print(line);
  if (json !== undefined) await writeReport(resolve(json), results);
  process.exitCode = results.every(({ asWanted }) => asWanted) ? 0 : 1;
}

async function writeReport(file: string, report: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
}

function faultsIn(text: string): FaultKind[] {
  return text.split(',').map((name) => {
    const kind = faultKinds.find((each) => each === name.trim());
    if (kind === undefined) throw new InvalidArgumentError(`There is no fault ${name}.`);
    return kind;
  });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

function brokerNodes(text: string): number {
  if (text !== '1' && text !== '3') throw new InvalidArgumentError('It is 1 or 3.');
  return Number(text);
}
