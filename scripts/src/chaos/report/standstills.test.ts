import { describe, expect, it } from 'vitest';
import type { FaultKind, InjectedFault } from '../faults/fault.ts';
import { standstillsOf } from './standstills.ts';

const period = { startedAt: 0, endedAt: 10_000 };
const successes = new Map([
  ['claim', [100, 1_000, 1_500, 4_000, 9_900]],
  ['grant', [100, 5_000, 9_900]],
]);

function fault(kind: FaultKind, target: string, startedAt: number, healedAt: number): InjectedFault {
  const planned = { number: 1, kind, target, atMs: startedAt, durationMs: healedAt - startedAt, amount: 0 };
  return { planned, met: target, startedAt, healedAt };
}

describe('standstills', () => {
  it('are the longest of a kind of fault on one sort of thing', () => {
    const faults = [fault('kill', 'rabbitmq-1', 1_100, 1_200), fault('kill', 'rabbitmq-3', 2_000, 3_000)];
    expect(standstillsOf(faults, successes, period)).toEqual([
      { kind: 'kill', target: 'rabbitmq', faults: 2, claimMs: 2_500, grantMs: 4_900 },
    ]);
  });

  it('tell links by where they lead', () => {
    const faults = [fault('cut', 'auth-service-2 → rabbitmq-1', 200, 300)];
    expect(standstillsOf(faults, successes, period)).toMatchObject([
      { target: 'link to rabbitmq', claimMs: 900 },
    ]);
  });

  it('leave out what could not be done', () => {
    const failed = { ...fault('kill', 'redis', 200, 300), trouble: 'there is none' };
    expect(standstillsOf([failed], successes, period)).toEqual([]);
  });
});
