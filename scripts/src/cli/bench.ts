import { Argument, Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Benchmark, Plan } from '../bench/benchmark.ts';
import { activity } from '../bench/activity.ts';
import { auth } from '../bench/auth.ts';
import { claims } from '../bench/claims/claims.ts';
import { instances } from '../bench/claims/instances.ts';
import { latency } from '../bench/claims/latency.ts';
import { outage } from '../bench/claims/outage.ts';
import { volume } from '../bench/claims/volume.ts';
import { codes } from '../bench/codes.ts';
import { gateway } from '../bench/gateway/gateway.ts';
import { streams } from '../bench/gateway/streams.ts';
import { weakPasswords } from '../bench/inputs/weak-passwords.ts';
import { worstInputs } from '../bench/inputs/worst-inputs.ts';
import { grants } from '../bench/grants.ts';
import { adaptation } from '../bench/kit/adaptation.ts';
import { consumer } from '../bench/kit/consumer.ts';
import { poison } from '../bench/kit/poison.ts';
import { prefetch } from '../bench/kit/prefetch.ts';
import { relay } from '../bench/kit/relay.ts';
import { markdownOf, reportOf, tableOf } from '../bench/report.ts';
import { runBenchmark } from '../bench/run-benchmark.ts';
import { print, printError } from '../console/print.ts';
import { dataDirectory } from '../repository/packages.ts';

/** What each name measures, one after the other. */
const benchmarks = {
  activity: [activity],
  auth: [auth],
  claims: [claims],
  latency: [latency],
  instances: [instances],
  volume: [volume],
  codes: [codes],
  gateway: [gateway],
  grants: [grants],
  prefetch: [prefetch],
  adaptation: [adaptation],
  relay: [relay],
  consumer: [consumer],
  poison: [poison],
  outage: [outage],
  streams: [streams],
  'weak-passwords': [weakPasswords],
  'worst-inputs': [worstInputs],
} satisfies Record<string, Benchmark[]>;

interface Options {
  quick: boolean;
  markdown: boolean;
  rounds?: string;
  seconds?: string;
  only?: string;
  json?: string;
}

/** `scripts/bench NAME`: measures on a private system that is gone afterwards. */
export async function main(args: string[]): Promise<void> {
  const command = new Command('bench')
    .description(
      'Measures a private system: candidates in alternated rounds, the load in a process of its own.',
    )
    .addArgument(new Argument('<name>', 'what to measure').choices(Object.keys(benchmarks)))
    .option('--quick', 'fewer and shorter rounds', false)
    .option('--markdown', 'the table in Markdown', false)
    .option('--rounds <n>', 'rounds for each candidate')
    .option('--seconds <n>', 'length of a round')
    .option('--only <text>', 'only the candidates whose name has this in it')
    .option('--json <folder>', 'where the figures of every round go, into NAME.json; default .data/bench')
    .parse(args, { from: 'user' });
  const options = command.opts<Options>();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- commander has checked the choice
  const name = command.args[0] as keyof typeof benchmarks;
  for (const benchmark of benchmarks[name]) await run(benchmark, options);
}

async function run(benchmark: Benchmark, options: Options): Promise<void> {
  const plan = planOf(benchmark, options);
  printError(`${benchmark.name}: ${benchmark.summary}`);
  const measured = await runBenchmark(benchmark, plan, printError, options.only);
  const report = reportOf(benchmark, plan, measured);
  for (const line of options.markdown ? markdownOf(report) : tableOf(report)) print(line);
  const file = resolve(options.json ?? join(dataDirectory(), 'bench'), `${benchmark.name}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  printError(`Every round: ${file}`);
}

function planOf({ plans }: Benchmark, { quick, rounds, seconds }: Options): Plan {
  const plan = quick ? plans.quick : plans.thorough;
  return {
    ...plan,
    ...(rounds === undefined ? {} : { rounds: Number(rounds) }),
    ...(seconds === undefined ? {} : { roundMs: Number(seconds) * 1_000 }),
  };
}
