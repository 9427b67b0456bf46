import { z } from 'zod';
import type { LaurelClient } from '../client/laurel-client.ts';
import {
  activateEvent,
  checkIn,
  claimReward,
  createAttendanceEvent,
  createGoldReward,
} from '../client/operations.ts';
import type { Cast, Script } from './cast.ts';
import { newPlayer } from './people.ts';

const STOCK = 1_000_000;
const HOUR_MS = 3_600_000;
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();
const Made = z.object({ id: z.string() });

const attendance = {
  name: 'Fuzzing',
  kind: 'attendance',
  timeZone: 'Asia/Seoul',
  startsAt: inHours(-1),
  endsAt: inHours(24),
  repeat: 'once',
};
const gold = { name: 'Gold', kind: 'currency', asset: 'gold', quantity: 1, stock: 10 };

/** Makes the events, claims and invites that game-event-service's operations can succeed with. */
export async function eventScripts(
  client: LaurelClient,
  { player, admin: { token } }: Cast,
): Promise<Partial<Record<keyof Cast, Script>>> {
  const draft = async () => {
    const event = await createAttendanceEvent(client, token, 'Fuzzing');
    const reward = await createGoldReward(client, token, event.id, STOCK);
    return { 'path.eventId': event.id, 'path.rewardId': reward.id };
  };
  const running = async () => {
    const ids = await draft();
    await activateEvent(client, token, ids['path.eventId']);
    return ids;
  };
  const claimOf = async (claimant: { token: string }, { 'path.eventId': id }: { 'path.eventId': string }) => {
    await checkIn(client, claimant.token, id);
    return (await claimReward(client, claimant.token, id)).claim;
  };

  const [forPlayers, forStaff] = [await running(), await running()];
  await checkIn(client, player.token, forPlayers['path.eventId']);
  const own = await claimOf(player, await running());
  const somebody = await newPlayer(client);
  const [earlier, revocable] = [
    await claimOf(somebody, forStaff),
    await claimOf(await newPlayer(client), forStaff),
  ];
  const coupon = async () => {
    const { 'path.eventId': eventId } = forStaff;
    const body = { ...gold, kind: 'coupon', stock: null };
    const made = await client.expect([201], Made, 'POST', `/v1/events/${eventId}/rewards`, { token, body });
    return { 'path.eventId': eventId, 'path.rewardId': made.body.id };
  };
  const Invite = z.object({ code: z.string() });
  const invite = (
    await client.expect([201], Invite, 'POST', '/v1/invites', { token: somebody.token, body: {} })
  ).body;
  const filter = { accountId: somebody.id };
  const body = { filter, reason: 'fuzzing' };
  const job = (await client.expect([202], Made, 'POST', '/v1/claims/revoke-jobs', { token, body })).body;
  const activity = {
    source: 'fuzzing',
    id: '1',
    accountId: player.id,
    metric: 'quest.completed',
    at: inHours(0),
  };

  const staff = async (): Promise<Script> => ({
    parameters: {
      ...forStaff,
      'path.claimId': earlier.id,
      'path.jobId': job.id,
      'query.accountId': somebody.id,
    },
    hints: {
      createEvent: { body: attendance },
      updateEvent: { parameters: { 'header.If-Match': '*' }, body: { name: 'Fuzzed' } },
      changeEventStatus: { parameters: await draft(), body: { status: 'scheduled' } },
      deleteEvent: { parameters: await draft() },
      createReward: { body: gold },
      deleteReward: { parameters: await draft() },
      addCodes: { parameters: await coupon(), body: 'FUZZ-1\nFUZZ-2\n' },
      simulateEvent: { body: { from: inHours(-24), to: inHours(0) } },
      revokeClaim: { parameters: { 'path.claimId': revocable.id }, body: { reason: 'fuzzing' } },
      createRevokeJob: { body },
    },
  });

  return {
    player: {
      parameters: { ...forPlayers, 'path.claimId': own.id, 'query.eventId': forPlayers['path.eventId'] },
      hints: {
        submitClaim: { body: { rewardId: forPlayers['path.rewardId'] } },
        acceptInvite: { parameters: { 'path.code': invite.code } },
      },
    },
    admin: await staff(),
    operator: await staff(),
    program: {
      parameters: { 'path.claimId': earlier.id, 'query.accountId': somebody.id },
      hints: {
        recordActivity: { body: { items: [activity] } },
      },
    },
  };
}
