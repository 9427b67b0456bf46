import { describe, expect, it } from 'vitest';
import { nextWaiting } from './sweep-claims.ts';

const at = (seconds: number): Date => new Date(Date.UTC(2026, 11, 1) + seconds * 1_000);
const fresh = { deadline: at(120), cancelAt: at(120), lookAt: at(120) };

describe('a claim that waits for the ledger', () => {
  it('is asked about again at the deadline, flagged a minute after, and asked about again each deadline', () => {
    const atDeadline = nextWaiting(fresh, at(120), 120_000);
    expect(atDeadline).toEqual({
      ask: true,
      waiting: { deadline: at(120), cancelAt: at(240), lookAt: at(180) },
    });
    const aMinuteAfter = nextWaiting(atDeadline.waiting, at(180), 120_000);
    const stuck = { deadline: at(120), stuckSince: at(180) };
    expect(aMinuteAfter).toEqual({
      ask: false,
      waiting: { ...stuck, cancelAt: at(240), lookAt: at(240) },
    });
    const again = nextWaiting(aMinuteAfter.waiting, at(240), 120_000);
    expect(again).toEqual({ ask: true, waiting: { ...stuck, cancelAt: at(360), lookAt: at(360) } });
  });

  it('with a short deadline is asked about several times before it is flagged', () => {
    const { ask, waiting } = nextWaiting(fresh, at(121), 10_000);
    expect({ ask, waiting }).toEqual({
      ask: true,
      waiting: { deadline: at(120), cancelAt: at(131), lookAt: at(131) },
    });
  });

  it('that was forgotten for long is asked about and flagged at once', () => {
    const { ask, waiting } = nextWaiting(fresh, at(3_600), 120_000);
    expect(ask).toBe(true);
    expect(waiting).toMatchObject({ stuckSince: at(3_600), cancelAt: at(3_720), lookAt: at(3_720) });
  });
});
