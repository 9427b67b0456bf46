import { type Benchmark, type Candidate, type Measured, median, percentile } from './harness.ts';
import {
  FIXED,
  type HandlerName,
  type Prefetch,
  type PrefetchConsumers,
  startPrefetchConsumers,
} from './prefetch-consumers.ts';

const HANDLERS: readonly { title: string; handler: HandlerName }[] = [
  { title: 'light', handler: 'light' },
  { title: '2 ms', handler: 'waiting' },
  { title: 'database', handler: 'database' },
];
const PREFETCHES: readonly Prefetch[] = [...FIXED, 'auto'];
const RATE = 'messages/s';
/** Assumed before the first round; each later round is sized by the rate of the one before. */
const FIRST_RATE = 10_000;
const RESERVE = 1.5;
/** A consumer that handled nothing in a short round must find messages in the next. */
const LEAST_RATE = 1_000;

const nameOf = (title: string, prefetch: Prefetch): string => `${title}, ${prefetch}`;

/** Rate and delay by prefetch, for three kinds of handlers; `auto` is measured after it has settled. */
export const prefetch: Benchmark = {
  plans: {
    quick: { rounds: 1, roundMs: 1_000, warmUpMs: 200 },
    thorough: { rounds: 5, roundMs: 3_000, warmUpMs: 1_000 },
  },
  prepare: async (stage) => {
    const consumers = await startPrefetchConsumers(stage);
    consumers.setWait(2);
    const candidates: Candidate[] = [];
    for (const { title, handler } of HANDLERS) {
      for (const value of PREFETCHES) {
        const name = nameOf(title, value);
        await consumers.add(name, handler, value);
        candidates.push(candidateOf(consumers, name, value));
      }
    }
    return {
      candidates,
      stop: () => consumers.stop(),
    };
  },
  conclude: (measured) => HANDLERS.map(({ title }) => autoAgainstFixed(title, measured)),
};

function candidateOf(consumers: PrefetchConsumers, name: string, value: Prefetch): Candidate {
  let settled = value !== 'auto';
  let rate = FIRST_RATE;
  return {
    name,
    prepare: async (durationMs) => {
      if (!settled) await consumers.whileFed(() => consumers.running(name, () => consumers.settle(name)));
      settled = true;
      await consumers.fill((durationMs * rate * RESERVE) / 1_000);
      return async () => {
        const { perSecond, inHandMs, prefetch } = await consumers.measure(name, durationMs);
        rate = Math.max(LEAST_RATE, perSecond);
        return {
          [RATE]: perSecond,
          'in hand p50 ms': percentile(inHandMs, 0.5),
          'in hand p99 ms': percentile(inHandMs, 0.99),
          prefetch,
        };
      };
    },
  };
}

function autoAgainstFixed(title: string, measured: readonly Measured[]): string {
  const rateOf = (value: Prefetch): number => {
    const rounds = measured.find(({ candidate }) => candidate === nameOf(title, value))?.rounds ?? [];
    return median(rounds.map((figures) => figures[RATE] ?? 0));
  };
  const best = FIXED.toSorted((a, b) => rateOf(b) - rateOf(a))[0] ?? 0;
  const part = Math.round((rateOf('auto') / rateOf(best)) * 100);
  return `${title}: auto gives ${part}% of the best fixed prefetch (${best})`;
}
