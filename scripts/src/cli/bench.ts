import { Argument, Command } from 'commander';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Benchmark, Plan } from '../bench/benchmark.ts';
import { activity } from '../bench/activity.ts';
import { auth } from '../bench/auth.ts';
import { claims } from '../bench/claims/claims.ts';
import { latency } from '../bench/claims/latency.ts';
import { gateway } from '../bench/gateway/gateway.ts';
import { weakPasswords } from '../bench/inputs/weak-passwords.ts';
import { worstInputs } from '../bench/inputs/worst-inputs.ts';
import { grants } from '../bench/grants.ts';
import { markdownOf, reportOf, tableOf } from '../bench/report.ts';
import { runBenchmark } from '../bench/run-benchmark.ts';
import { print, printError } from '../console/print.ts';
import { UserError } from '../console/user-error.ts';
import { dataDirectory, packageDirectory } from '../repository/packages.ts';
import { PrivateBackingServices } from '../system/private-system.ts';
import { installPackage } from '../toolchain/install-package.ts';

const benchmarks = {
  activity,
  auth,
  claims,
  latency,
  gateway,
  grants,
  'weak-passwords': weakPasswords,
  'worst-inputs': worstInputs,
} satisfies Record<string, Benchmark>;

/** Benchmarks of service-kit alone; their code is in `service-kit/bench`. */
const kitBenchmarks = ['prefetch', 'adaptation', 'relay', 'consumer', 'poison'] as const;

interface Options {
  quick: boolean;
  markdown: boolean;
  rounds?: string;
  seconds?: string;
  only?: string;
  json?: string;
  against?: string;
}

/** `scripts/bench NAME`: measures on a private system that is gone afterwards. */
export async function main(args: string[]): Promise<void> {
  const command = new Command('bench')
    .description(
      'Measures a private system: candidates in alternated rounds, the load in a process of its own.',
    )
    .addArgument(
      new Argument('<name>', 'what to measure').choices([...Object.keys(benchmarks), ...kitBenchmarks]),
    )
    .option('--quick', 'fewer and shorter rounds', false)
    .option('--markdown', 'the table in Markdown', false)
    .option('--rounds <n>', 'rounds for each candidate')
    .option('--seconds <n>', 'length of a round')
    .option('--only <text>', 'only the candidates whose name has this in it')
    .option('--json <folder>', 'where the figures of every round go, into NAME.json; default .data/bench')
    .option(
      '--against <checkout>',
      'of claims and gateway: compares this build with the one in another checkout',
    )
    .parse(args, { from: 'user' });
  const options = command.opts<Options>();
  const [name = ''] = command.args;
  const benchmark = Object.values<Benchmark>(benchmarks).find((one) => one.name === name);
  if (benchmark === undefined) await runKitBenchmark(args);
  else await run(benchmark, options);
}

/** Gives a benchmark of service-kit servers of its own. */
async function runKitBenchmark(args: string[]): Promise<void> {
  const directory = packageDirectory('service-kit');
  await installPackage(directory);
  const backing = await PrivateBackingServices.start();
  const { mongodb, rabbitmq } = backing.services;
  const env = { ...process.env, MONGODB_URL: mongodb.url, RABBITMQ_URL: rabbitmq.url };
  try {
    const child = spawn('npm', ['run', '--silent', 'bench', '--', ...args], {
      cwd: directory,
      env,
      stdio: 'inherit',
    });
    const [code] = await once(child, 'exit');
    process.exitCode = Number(code ?? 1);
  } finally {
    await backing.stop();
  }
}

async function run(benchmark: Benchmark, { only, json, against, ...options }: Options): Promise<void> {
  if (against !== undefined && !benchmark.canCompare)
    throw new UserError(`${benchmark.name} does not know --against.`);
  const plan = planOf(benchmark, options);
  printError(`${benchmark.name}: ${benchmark.summary}`);
  const measured = await runBenchmark(benchmark, plan, printError, {
    ...(only !== undefined && { only }),
    ...(against !== undefined && { against: resolve(against) }),
  });
  const report = reportOf(benchmark, plan, measured);
  for (const line of options.markdown ? markdownOf(report) : tableOf(report)) print(line);
  const file = resolve(json ?? join(dataDirectory(), 'bench'), `${benchmark.name}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  printError(`Every round: ${file}`);
}

function planOf(
  { plans }: Benchmark,
  { quick, rounds, seconds }: Pick<Options, 'quick' | 'rounds' | 'seconds'>,
): Plan {
  const plan = quick ? plans.quick : plans.thorough;
  return {
    ...plan,
    ...(rounds === undefined ? {} : { rounds: Number(rounds) }),
    ...(seconds === undefined ? {} : { roundMs: Number(seconds) * 1_000 }),
  };
}
