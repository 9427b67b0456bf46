// oxlint-disable no-console -- a command prints
import { parseArgs } from 'node:util';
import { adaptation } from './adaptation.ts';
import { consumer, poison } from './consumer.ts';
import { type Benchmark, measure, tableOf } from './harness.ts';
import { prefetch } from './prefetch.ts';
import { relay } from './relay.ts';
import { openStage } from './stage.ts';

const benchmarks: Record<string, Benchmark> = { prefetch, adaptation, relay, consumer, poison };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const benchmark = benchmarks[positionals[0] ?? ''];
if (benchmark === undefined) {
  console.error(`npm run bench -- NAME [--quick] [--rounds N] [--seconds S] [--only TEXT] [--markdown]
NAME is one of ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(1);
}

const usual = values.quick ? benchmark.plans.quick : benchmark.plans.thorough;
const plan = {
  ...usual,
  ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  ...(values.seconds !== undefined && { roundMs: Number(values.seconds) * 1_000 }),
};
const stage = await openStage();
try {
  const measured = await measure(benchmark, stage, plan, { only: values.only, log: console.error });
  for (const line of tableOf(measured, values.markdown)) console.log(line);
  for (const line of benchmark.conclude?.(measured) ?? []) console.log(values.markdown ? `- ${line}` : line);
} finally {
  await stage.close();
}
process.exit();
