import type { Benchmark, Candidate, Measured } from '../benchmark.ts';
import { median, percentile } from '../statistics.ts';
import { FIXED, type Handler, type Prefetch, PrefetchStage } from './prefetch-stage.ts';

const HANDLERS: readonly { title: string; handler: Handler }[] = [
  { title: 'light', handler: 'light' },
  { title: '2 ms', handler: 'waiting' },
  { title: 'database', handler: 'database' },
];
const PREFETCHES: readonly Prefetch[] = [...FIXED, 'auto'];
const RATE = 'messages/s';
/** Assumed before the first round; then the queue is filled by what was handled in the one before. */
const FIRST_RATE = 10_000;
const RESERVE = 1.5;
/** A consumer that saw nothing in a short round must find something in the next. */
const LEAST_RATE = 1_000;

const nameOf = (title: string, prefetch: Prefetch): string => `${title}, ${prefetch}`;

/** What a prefetch gives and costs, for three kinds of handlers; `auto` is measured after it has come to rest. */
export const prefetch: Benchmark = {
  name: 'prefetch',
  summary: 'messages a second, and how long each is in the process, by prefetch and handler',
  plans: {
    quick: { rounds: 1, roundMs: 1_000, warmUpMs: 200 },
    thorough: { rounds: 5, roundMs: 3_000, warmUpMs: 1_000 },
  },
  prepare: async () => {
    const stage = await PrefetchStage.start();
    await stage.setWait(2);
    const candidates: Candidate[] = [];
    for (const { title, handler } of HANDLERS) {
      for (const value of PREFETCHES) {
        const name = nameOf(title, value);
        await stage.add(name, handler, value);
        candidates.push(candidateOf(stage, name, value));
      }
    }
    return {
      // What the processes use says nothing here.
      processes: [],
      candidates,
      verify: async () => undefined,
      stop: () => stage.stop(),
    };
  },
  conclude: (measured) => HANDLERS.map(({ title }) => autoAgainstFixed(title, measured)),
};

function candidateOf(stage: PrefetchStage, name: string, value: Prefetch): Candidate {
  let settled = value !== 'auto';
  let rate = FIRST_RATE;
  return {
    name,
    prepare: async (durationMs) => {
      if (!settled) await stage.whileFed(() => stage.running(name, () => stage.settle(name)));
      settled = true;
      await stage.fill((durationMs * rate * RESERVE) / 1_000);
      return async () => {
        const { perSecond, inHandMs, prefetch } = await stage.measure(name, durationMs);
        rate = Math.max(LEAST_RATE, perSecond);
        return {
          [RATE]: perSecond,
          'in hand p50 ms': percentile([...inHandMs], 0.5),
          'in hand p99 ms': percentile([...inHandMs], 0.99),
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
