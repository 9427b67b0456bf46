import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consumer, poison } from '../bench/consumer.ts';
import { type Benchmark, measure } from '../bench/harness.ts';
import { relay } from '../bench/relay.ts';
import { openStage, type Stage } from '../bench/stage.ts';

const LIMIT_MS = 180_000;
let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** One short round of each candidate. Each benchmark checks that no message was lost or handled twice. */
async function oneRound(benchmark: Benchmark, roundMs: number, figure: string): Promise<unknown[]> {
  const measured = await measure(benchmark, stage, { rounds: 1, roundMs, warmUpMs: 0 });
  return measured.map(({ rounds }) => rounds[0]?.[figure]);
}

describe('benchmarks', () => {
  it.for([
    ['relay', relay],
    ['consumer', consumer],
  ] as const)('%s moves every message once', { timeout: LIMIT_MS }, async ([, benchmark]) => {
    const rates = await oneRound(benchmark, 200, 'messages/s');
    expect(rates.length).toBeGreaterThan(0);
    for (const rate of rates) expect(rate).toBeGreaterThan(0);
  });

  it(
    'of 10,000 messages with a poisonous one, named or not, 9,999 are handled and one is dead with its reason',
    { timeout: LIMIT_MS },
    async () => {
      expect(await oneRound(poison, 0, 'dead')).toEqual([0, 1, 1]);
    },
  );
});
