import { describe, expect, test } from 'vitest';
import type { Benchmark, Measured } from '../src/bench/benchmark.ts';
import { consumer } from '../src/bench/kit/consumer.ts';
import { poison } from '../src/bench/kit/poison.ts';
import { relay } from '../src/bench/kit/relay.ts';
import { outage } from '../src/bench/claims/outage.ts';
import { runBenchmark } from '../src/bench/run-benchmark.ts';

const LIMIT_MS = 180_000;

/** One short round of each candidate: each benchmark checks by itself that nothing was lost or done twice. */
function oneRound(benchmark: Benchmark, roundMs: number): Promise<Measured[]> {
  return runBenchmark(benchmark, { rounds: 1, roundMs, warmUpMs: 0 }, () => undefined);
}

const figure = (measured: Measured[], name: string): unknown[] =>
  measured.map(({ rounds }) => rounds[0]?.[name]);

describe('benchmarks', () => {
  test.for([relay, consumer])(
    '$name moves every message once',
    { timeout: LIMIT_MS },
    async (benchmark: Benchmark) => {
      const rates = figure(await oneRound(benchmark, 200), 'messages/s');
      expect(rates.length).toBeGreaterThan(0);
      for (const rate of rates) expect(rate).toBeGreaterThan(0);
    },
  );

  test(
    'of 10,000 messages with a poisonous one, named or not, 9,999 are handled and one is dead with its reason',
    { timeout: LIMIT_MS },
    async () => {
      expect(figure(await oneRound(poison, 0), 'dead')).toEqual([0, 1, 1]);
    },
  );

  test(
    'claims are accepted while the broker is down, and granted afterwards',
    { timeout: LIMIT_MS },
    async () => {
      const measured = await oneRound(outage, 3_000);
      expect(figure(measured, 'answered 202')[0]).toBeGreaterThan(0);
      expect(figure(measured, 'messages in the outbox')[0]).toBeGreaterThan(0);
    },
  );
});
