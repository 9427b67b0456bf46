import { describe, expect, it } from 'vitest';
import { UserError } from '../console/user-error.ts';
import type { Benchmark, Plan } from './benchmark.ts';
import { runBenchmark } from './run-benchmark.ts';

const PLAN: Plan = { rounds: 2, roundMs: 10, warmUpMs: 5 };

/** Two candidates that do nothing; tells what was asked of it. */
function stage() {
  const asked: string[] = [];
  const candidate = (name: string) => ({
    name,
    prepare: async (durationMs: number) => async () => {
      asked.push(`${name} ${durationMs}`);
      return { figure: 1 };
    },
  });
  const benchmark: Benchmark = {
    name: 'nothing',
    summary: 'nothing',
    plans: { quick: PLAN, thorough: PLAN },
    prepare: async () => ({
      processes: [],
      candidates: ['one', 'other'].map(candidate),
      verify: async () => void asked.push('verify'),
      stop: async () => void asked.push('stop'),
    }),
  };
  return { asked, benchmark };
}

describe('runBenchmark', () => {
  it('warms up, lets the candidates take turns, verifies and stops', async () => {
    const { asked, benchmark } = stage();
    const measured = await runBenchmark(benchmark, PLAN, () => {});
    expect(asked.join(', ')).toBe('one 5, other 5, one 10, other 10, one 10, other 10, verify, stop');
    expect(measured.map(({ candidate, rounds }) => [candidate, rounds.length])).toEqual([
      ['one', 2],
      ['other', 2],
    ]);
  });

  it('measures those alone that are asked for', async () => {
    const { asked, benchmark } = stage();
    await runBenchmark(benchmark, PLAN, () => {}, { only: 'oth' });
    expect(asked.join(', ')).toBe('other 5, other 10, other 10, verify, stop');
  });

  it('says which candidates there are where none has the name, and stops', async () => {
    const { asked, benchmark } = stage();
    const run = runBenchmark(benchmark, PLAN, () => {}, { only: 'nobody' });
    await expect(run).rejects.toThrow(UserError);
    await expect(run).rejects.toThrow(/“nobody”.*one; other/);
    expect(asked).toEqual(['stop']);
  });
});
