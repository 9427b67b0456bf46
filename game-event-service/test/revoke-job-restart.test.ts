import { expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { startAuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf } from './support/caller.ts';
import { startService } from './support/running-service.ts';
import { activeEvent, claim, operator } from './support/scenario.ts';

const eventually = { timeout: 20_000, interval: 50 };
const RATE = 20;
const CLAIMS = 60;
/** The job revokes half a second's worth at a time. */
const BATCHES = CLAIMS / (RATE / 2);

it('a revoke job keeps to its rate, and goes on where a worker stopped', async () => {
  await using auth = await startAuthStandIn();
  const settings = { REVOKE_JOB_RATE: String(RATE) };
  await using front = await startService({ env: { ...settings, ROLE: 'http' } });
  const worker = () => startService({ beside: front, env: { ...settings, ROLE: 'worker' } });
  await using first = await worker();
  const { event } = await activeEvent(front.call);
  await Promise.all(
    Array.from({ length: CLAIMS }, async () =>
      bodyOf(await claim(front.call, event.id, account()), 201, ClaimResponse),
    ),
  );
  const body = { filter: { eventId: event.id }, reason: 'all of them' };
  const { headers } = await front.call('POST', '/v1/claims/revoke-jobs', { as: operator, body });
  const progress = async () =>
    (await front.call('GET', headers.get('location') ?? '', { as: operator })).body as { requested: number };
  await expect.poll(async () => (await progress()).requested, eventually).toBeGreaterThan(0);
  await first.stop();
  expect((await progress()).requested).toBeLessThan(CLAIMS);

  await using _ = await worker();
  await expect.poll(progress, eventually).toMatchObject({
    state: 'done',
    matched: CLAIMS,
    requested: CLAIMS,
    revoked: CLAIMS,
  });
  const requests = auth.received.filter(({ type }) => type === 'laurel.reward.revoke-requested.v1');
  expect(requests).toHaveLength(CLAIMS);
  const asked: Date[] = await front.db.collection('claims').distinct('revocation.requestedAt');
  const times = asked.map((at) => at.getTime()).toSorted((a, b) => a - b);
  expect(times).toHaveLength(BATCHES);
  const pauses = times.slice(1).map((at, index) => at - (times[index] ?? at));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(500);
}, 60_000);
