import type { Benchmark, Candidate, Figures } from './harness.ts';
import { FIXED, type PrefetchConsumers, startPrefetchConsumers } from './prefetch-consumers.ts';

/** Of what the best fixed prefetch gives, `auto` must give this part to count as adapted. */
const ADAPTED = 0.8;
const SAMPLE_MS = 1_000;
/** One sample alone may be the machine's mood. */
const SAMPLES_TOGETHER = 3;
/** Small, so that the handler limits the rate and not the feed, which shares the process. */
const BATCH_SIZE = 20;
const CHANGES: readonly (readonly [from: number, to: number])[] = [
  [5, 50],
  [50, 5],
  [20, 200],
  [200, 20],
];

/** How long `auto` takes to follow a handler whose time changes tenfold. */
export const adaptation: Benchmark = {
  plans: {
    quick: { rounds: 1, roundMs: 15_000, warmUpMs: 0 },
    thorough: { rounds: 3, roundMs: 40_000, warmUpMs: 0 },
  },
  prepare: async (stage) => {
    const consumers = await startPrefetchConsumers(stage);
    for (const value of ['auto', ...FIXED] as const)
      await consumers.add(String(value), 'waiting', value, BATCH_SIZE);
    return {
      candidates: CHANGES.map(([from, to]) => change(consumers, from, to)),
      stop: () => consumers.stop(),
    };
  },
};

function change(consumers: PrefetchConsumers, from: number, to: number): Candidate {
  return {
    name: `${from} to ${to} ms`,
    prepare: async (durationMs) => () =>
      consumers.whileFed(() => measureChange(consumers, from, to, durationMs)),
  };
}

async function measureChange(
  consumers: PrefetchConsumers,
  from: number,
  to: number,
  durationMs: number,
): Promise<Figures> {
  consumers.setWait(to);
  let best = 0;
  for (const value of FIXED) {
    const { perSecond } = await consumers.measure(String(value), SAMPLES_TOGETHER * SAMPLE_MS);
    best = Math.max(best, perSecond);
  }
  return await consumers.running('auto', async () => {
    consumers.setWait(from);
    await consumers.settle('auto');
    const before = await consumers.observe('auto', SAMPLE_MS);
    consumers.setWait(to);
    const samples: number[] = [];
    let after = before;
    while (samples.length * SAMPLE_MS < durationMs) {
      after = await consumers.observe('auto', SAMPLE_MS);
      samples.push(after.perSecond);
    }
    await consumers.mustNotBeEmpty();
    return {
      'adapted after s': (adaptedAfter(samples, best * ADAPTED) * SAMPLE_MS) / 1_000,
      'best fixed messages/s': best,
      'auto messages/s': mean(samples.slice(-SAMPLES_TOGETHER)),
      'prefetch before': before.prefetch,
      'prefetch after': after.prefetch,
    };
  });
}

/** @returns how many samples came before those that reach the goal together; all of them when none does */
function adaptedAfter(samples: readonly number[], goal: number): number {
  const found = samples.findIndex((_, index) => {
    const together = samples.slice(index, index + SAMPLES_TOGETHER);
    return together.length === SAMPLES_TOGETHER && mean(together) >= goal;
  });
  return found === -1 ? samples.length : found;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
