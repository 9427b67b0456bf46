import { Argument, Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Plan } from '../bench/benchmark.ts';
import { claims } from '../bench/claims.ts';
import { reportOf, tableOf } from '../bench/report.ts';
import { runBenchmark } from '../bench/run-benchmark.ts';
import { print, printError } from '../console/print.ts';
import { dataDirectory } from '../repository/packages.ts';

const benchmarks = { claims };

const QUICK: Plan = { rounds: 3, roundMs: 4_000, warmUpMs: 4_000 };
const THOROUGH: Plan = { rounds: 5, roundMs: 15_000, warmUpMs: 10_000 };

interface Options {
  quick: boolean;
  rounds?: string;
  seconds?: string;
  json?: string;
}

/** `scripts/bench NAME`: measures on a private system that is gone afterwards. */
export async function main(args: string[]): Promise<void> {
  const command = new Command('bench')
    .description(
      'Measures a private system: candidates in alternated rounds, the load in a process of its own.',
    )
    .addArgument(new Argument('<name>', 'what to measure').choices(Object.keys(benchmarks)))
    .option('--quick', 'within two minutes', false)
    .option('--rounds <n>', 'rounds for each candidate')
    .option('--seconds <n>', 'length of a round')
    .option('--json <file>', 'where the figures of every round go; default .data/bench/NAME.json')
    .parse(args, { from: 'user' });
  const options = command.opts<Options>();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- commander has checked the choice
  const name = command.args[0] as keyof typeof benchmarks;
  const plan = planOf(options);

  const measured = await runBenchmark(benchmarks[name], plan, printError);
  const report = reportOf(name, plan, measured);
  for (const line of tableOf(report)) print(line);
  const file = resolve(options.json ?? `${dataDirectory()}/bench/${name}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  print(`\nEvery round: ${file}`);
}

function planOf({ quick, rounds, seconds }: Options): Plan {
  const plan = quick ? QUICK : THOROUGH;
  return {
    ...plan,
    ...(rounds === undefined ? {} : { rounds: Number(rounds) }),
    ...(seconds === undefined ? {} : { roundMs: Number(seconds) * 1_000 }),
  };
}
