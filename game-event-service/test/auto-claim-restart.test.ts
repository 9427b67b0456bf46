import { expect, it } from 'vitest';
import { startAuthStandIn } from './support/auth-stand-in.ts';
import { account } from './support/caller.ts';
import { startService } from './support/running-service.ts';
import { activeEvent } from './support/scenario.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const LEASE_MS = 30_000;
const eventually = { timeout: 20_000, interval: 50 };

it('a process that dies between counting and claiming loses no claim, not even when the next one starts a day later', async () => {
  await using _ = await startAuthStandIn();
  await using front = await startService({ env: { ROLE: 'http' } });
  const { event } = await activeEvent(front.call, { event: { autoClaim: true, repeat: 'daily' } });
  const player = account();
  const checkIn = await front.call('POST', `/v1/events/${event.id}/check-in`, { as: player });
  const { day } = checkIn.body as { day: string };
  const prompts = front.db.collection('claimPrompts');
  expect(await prompts.countDocuments()).toBe(1);
  // An instance has taken it, and died.
  const lookAt = new Date(Date.now() + LEASE_MS);
  await prompts.updateMany({}, { $set: { lookAt, takenBy: 'the dead' } });

  await using worker = await startService({ beside: front, env: { ROLE: 'worker' } });
  worker.advance(DAY_MS);
  const claims = () => front.db.collection('claims').find().toArray();
  await expect
    .poll(claims, eventually)
    .toMatchObject([{ accountId: player.userId, status: 'granted', period: day }]);
  await expect.poll(() => prompts.countDocuments(), eventually).toBe(0);
});
