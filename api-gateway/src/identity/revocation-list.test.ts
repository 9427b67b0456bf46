import { beforeEach, describe, expect, it } from 'vitest';
import { createRevocationList, type RevocationList } from './revocation-list.ts';

const LIFE = 600_000;
const START = 1_800_000_000_000;

const errors: object[] = [];
const logger = {
  error: (_message: string, fields?: object) => void errors.push(fields ?? {}),
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => logger,
};
let now: number;
let list: RevocationList;

beforeEach(() => {
  now = START;
  errors.length = 0;
  list = createRevocationList({ tokenLifeMs: LIFE, limit: 10, now: () => now, logger });
});

const issuedAt = (ms: number) => Math.floor(ms / 1000);
const token = (changes: object = {}) => ({
  userId: 'acc_1',
  sessionId: 'ses_1',
  tokenVersion: 1,
  issuedAt: issuedAt(START - 1_000),
  ...changes,
});

describe('a token is revoked', () => {
  it('by its session, with any version', () => {
    list.add({ accountId: 'acc_1', sessionIds: ['ses_1'] }, now);
    expect(list.isRevoked(token({ tokenVersion: 1_000_000 }))).toBe(true);
    expect(list.isRevoked(token({ sessionId: 'ses_2' }))).toBe(false);
  });

  it('by a version below the lowest of its account, in any session', () => {
    list.add({ accountId: 'acc_1', minVersion: 2 }, now);
    expect(list.isRevoked(token({ sessionId: 'ses_2' }))).toBe(true);
    expect(list.isRevoked(token({ tokenVersion: 2 }))).toBe(false);
    expect(list.isRevoked(token({ userId: 'acc_2' }))).toBe(false);
  });

  it('of a service client by its version, without a session', () => {
    list.add({ accountId: 'cli_1', minVersion: 2 }, now);
    expect(list.isRevoked(token({ userId: 'cli_1', sessionId: '' }))).toBe(true);
  });

  it('never by a session id that equals its account id, or the reverse', () => {
    list.add({ accountId: 'ses_1', sessionIds: ['acc_1'], minVersion: 2 }, now);
    expect(list.isRevoked(token())).toBe(false);
  });
});

describe('of several revocations', () => {
  it.each([
    [2, 5],
    [5, 2],
  ])('the highest version counts, in any order (%i, %i)', (first, second) => {
    list.add({ accountId: 'acc_1', minVersion: first }, now);
    list.add({ accountId: 'acc_1', minVersion: second }, now + 1_000);
    expect(list.isRevoked(token({ tokenVersion: 4 }))).toBe(true);
    expect(list.isRevoked(token({ tokenVersion: 5 }))).toBe(false);
  });

  it('with the same content one entry is kept, with the latest time', () => {
    list.add({ accountId: 'acc_1', sessionIds: ['ses_1'] }, now);
    list.add({ accountId: 'acc_1', sessionIds: ['ses_1'] }, now - 60_000);
    expect(list.size()).toBe(1);
    list.add({ accountId: 'acc_1', sessionIds: ['ses_1'] }, now + 60_000);
    now = START + LIFE + 30_000;
    list.forgetExpired();
    expect(list.isRevoked(token())).toBe(true);
  });
});

describe('a session that is excepted from a version', () => {
  const except = (exceptSessionId: string, minVersion: number) => ({
    accountId: 'acc_1',
    minVersion,
    exceptSessionId,
  });

  it('keeps its tokens, and no other session does', () => {
    list.add(except('ses_1', 2), now);
    expect(list.isRevoked(token())).toBe(false);
    expect(list.isRevoked(token({ sessionId: 'ses_2' }))).toBe(true);
    expect(list.isRevoked(token({ sessionId: 'ses_2', tokenVersion: 2 }))).toBe(false);
  });

  it('loses them when it is revoked itself', () => {
    list.add(except('ses_1', 2), now);
    list.add({ accountId: 'acc_1', sessionIds: ['ses_1'] }, now);
    expect(list.isRevoked(token({ tokenVersion: 2 }))).toBe(true);
  });

  const told = [
    except('ses_1', 2),
    { accountId: 'acc_1', minVersion: 3 },
    except('ses_2', 4),
    except('ses_1', 5),
    except('ses_1', 6),
    except('ses_1', 6),
  ];
  const orders = told.map((_, index) => told.slice(index).concat(told.slice(0, index)));
  it.each([...orders, ...orders.map((order) => order.toReversed())])(
    'needs what the strictest of the others says, in whatever order they come and how often (%#)',
    (...order) => {
      for (const each of order) {
        list.add(each, now);
        for (const sessionId of ['ses_1', 'ses_2', 'ses_3']) {
          const heard = order.slice(0, order.indexOf(each) + 1);
          const lowest = heard
            .filter((one) => !('exceptSessionId' in one) || one.exceptSessionId !== sessionId)
            .reduce((most, { minVersion }) => Math.max(most, minVersion), 0);
          expect(list.isRevoked(token({ sessionId, tokenVersion: lowest }))).toBe(false);
          const older = token({ sessionId, tokenVersion: Math.max(lowest - 1, 0) });
          expect(list.isRevoked(older)).toBe(lowest > 0);
        }
      }
      expect(list.size()).toBe(1);
    },
  );
});

describe('a revocation is remembered', () => {
  it('until its last token has expired, and no longer', () => {
    list.add({ accountId: 'acc_1', sessionIds: ['ses_1'], minVersion: 2 }, START);
    now = START + LIFE;
    list.forgetExpired();
    expect(list.isRevoked(token())).toBe(true);
    now = START + LIFE + 10_000;
    list.forgetExpired();
    expect(list.size()).toBe(0);
  });

  it('not at all if all its tokens have expired', () => {
    list.add({ accountId: 'acc_1', minVersion: 2 }, now - LIFE - 10_000);
    expect(list.size()).toBe(0);
  });

  it('for at most one more token life, if its time is in the future', () => {
    list.add({ accountId: 'acc_1', minVersion: 2 }, Date.parse('9999-01-01'));
    now = START + 2 * LIFE + 10_000;
    list.forgetExpired();
    expect(list.size()).toBe(0);
  });
});

describe('beyond its limit the list', () => {
  const fill = (from: number, to: number): void => {
    for (let i = from; i < to; i += 1) {
      list.add({ accountId: 'acc_x', sessionIds: [`ses_${i}`] }, START + i * 1_000);
    }
  };

  it('stays within it, and refuses all tokens from before the dropped entries', () => {
    fill(0, 11);
    expect(list.size()).toBe(9);
    // ses_0 and ses_1 were dropped. With the tolerance for clocks, tokens issued until 11 s after the start are
    // refused.
    expect(list.refusedUntil()).toBe(START + 11_000);
    for (let i = 0; i < 11; i += 1) {
      const of = { sessionId: `ses_${i}`, issuedAt: issuedAt(START) };
      expect(list.isRevoked(token(of))).toBe(true);
    }
    expect(list.isRevoked(token({ issuedAt: issuedAt(START + 11_000) }))).toBe(true);
    expect(list.isRevoked(token({ issuedAt: issuedAt(START + 12_000) }))).toBe(false);
    expect(errors).toEqual([{ until: new Date(START + 11_000).toISOString(), dropped: 2, limit: 10 }]);
  });

  it('drops expired entries first, and then refuses no further tokens', () => {
    fill(0, 10);
    now = START + LIFE + 30_000;
    fill(700, 701);
    expect(list.size()).toBe(1);
    expect(list.refusedUntil()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('stays within it after one message with more sessions than the limit', () => {
    const sessionIds = Array.from({ length: 100 }, (_, i) => `ses_${i}`);
    list.add({ accountId: 'acc_1', sessionIds }, START);
    expect(list.size()).toBeLessThanOrEqual(10);
    expect(list.isRevoked(token({ sessionId: 'ses_5' }))).toBe(true);
  });
});
