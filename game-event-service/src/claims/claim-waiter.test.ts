import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLogger } from 'service-kit/logging';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createClaimWaiter } from './claim-waiter.ts';
import type { Claim } from './claim.ts';

const logger = createLogger({ service: 'test', level: 'error', destination: new PassThrough() });
const never = new AbortController().signal;

const claim = (id: string, more: Partial<Claim> = {}): Claim => ({
  id,
  eventId: 'evt_1',
  eventVersion: 1,
  rewardId: 'rwd_1',
  accountId: 'acc_1',
  period: 'once',
  status: 'pending',
  attempt: 1,
  grantId: `${id}.1`,
  reward: { kind: 'currency', asset: 'gold', quantity: 1 },
  caps: [],
  createdAt: new Date(0),
  ...more,
});

/** Claims as a store would have them, with what was asked for. */
function setting(everyMs = 60_000) {
  const claims = new Map<string, Claim>();
  const reads: string[][] = [];
  const waiter = createClaimWaiter({
    everyMs,
    logger,
    read: async (ids) => {
      reads.push([...ids]);
      await nextTurn();
      return new Map(ids.flatMap((id) => (claims.has(id) ? [[id, claims.get(id)!] as const] : [])));
    },
  });
  const wait = (id: string, ms = 60_000, signal = never) => waiter.wait(claim(id), ms, signal);
  return { claims, reads, waiter, wait };
}

describe('waiting for a claim', () => {
  it('ends with the claim at the first notice after it was decided', async () => {
    const { claims, waiter, wait } = setting();
    claims.set('a', claim('a'));
    const waited = wait('a');
    waiter.notice(['a']);
    await nextTurn();
    claims.set('a', claim('a', { status: 'granted' }));
    waiter.notice(['b', 'a']);
    expect(await waited).toMatchObject({ id: 'a', status: 'granted' });
  });

  it('ends without reading when it was settled here', async () => {
    const { reads, waiter, wait } = setting();
    const waited = wait('a');
    const at = new Date(1_000);
    waiter.settle([{ claimId: 'a', grantId: 'a.0', status: 'rejected', reason: 'cancelled' }], at);
    waiter.settle([{ claimId: 'a', grantId: 'a.1', status: 'granted', ledgerEntryId: 'led_1' }], at);
    expect(await waited).toEqual({
      ...claim('a'),
      status: 'granted',
      ledgerEntryId: 'led_1',
      completedAt: at,
    });
    expect(reads).toEqual([]);
  });

  it('reads once for all that were noticed while another read was under way', async () => {
    const { claims, reads, waiter, wait } = setting();
    const ids = ['a', 'b', 'c', 'd'];
    for (const id of ids) claims.set(id, claim(id, { status: 'granted' }));
    const waited = ids.map((id) => wait(id));
    for (const id of ids) waiter.notice([id, 'nobody waits for this']);
    await Promise.all(waited);
    expect(reads).toEqual([['a'], ['b', 'c', 'd']]);
  });

  it('finds out by itself when no notice comes', async () => {
    const { claims, wait } = setting(5);
    const waited = wait('a');
    claims.set('a', claim('a', { status: 'rejected', reason: 'cancelled' }));
    expect(await waited).toMatchObject({ reason: 'cancelled' });
  });

  it('looks once more before it gives up', async () => {
    const { claims, reads, wait } = setting();
    claims.set('a', claim('a', { status: 'granted' }));
    expect(await wait('a', 5)).toMatchObject({ status: 'granted' });
    expect(await wait('b', 5)).toBeUndefined();
    expect(reads).toEqual([['a'], ['b']]);
  });

  it('ends when the attempt was refused and another has begun', async () => {
    const { claims, waiter, wait } = setting();
    claims.set('a', claim('a', { attempt: 2, grantId: 'a.2' }));
    const waited = wait('a');
    waiter.notice(['a']);
    expect(await waited).toMatchObject({ status: 'pending', attempt: 2 });
  });

  it('ends without an outcome when the client goes, when the service stops, and at once afterwards', async () => {
    const { waiter, wait } = setting();
    const gone = new AbortController();
    const left = wait('a', 60_000, gone.signal);
    gone.abort();
    expect(await left).toBeUndefined();
    const waiting = wait('b');
    await waiter.stop();
    expect(await waiting).toBeUndefined();
    expect(await wait('c')).toBeUndefined();
  });
});
