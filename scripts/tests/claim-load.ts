import { LaurelClient } from '../src/client/laurel-client.ts';
import * as operations from '../src/client/operations.ts';
import { Claim } from '../src/client/messages.ts';
import { setTimeout as pause } from 'node:timers/promises';
import type { PrivateSystem } from '../src/system/private-system.ts';

const ACCEPTED = new Set([200, 201, 202]);
const RETRY_PAUSE_MS = 200;

/** An event with one reward and players who may each claim it once. */
export interface ClaimStage {
  client: LaurelClient;
  adminToken: string;
  eventId: string;
  rewardId: string;
  playerTokens: string[];
}

export async function setClaimStage(
  laurel: Pick<PrivateSystem, 'system'>,
  players: number,
  stock: number,
): Promise<ClaimStage> {
  const client = new LaurelClient(laurel.system.url);
  const { adminUsername, adminPassword } = laurel.system.credentials;
  const { accessToken: adminToken } = (await operations.logIn(client, adminUsername, adminPassword)).tokens;
  const event = await operations.createAttendanceEvent(client, adminToken, 'Under load');
  const reward = await operations.createGoldReward(client, adminToken, event.id, stock);
  await operations.activateEvent(client, adminToken, event.id);
  const playerTokens: string[] = [];
  await beside(4, Array.from({ length: players }), async () => {
    const { accessToken } = (await operations.registerPlayer(client)).tokens;
    await operations.checkIn(client, accessToken, event.id);
    playerTokens.push(accessToken);
  });
  return { client, adminToken, eventId: event.id, rewardId: reward.id, playerTokens };
}

/** One player's claim, sent again until it is accepted, as a game would. */
export async function claimUntilAccepted({ client, eventId }: ClaimStage, token: string): Promise<Claim> {
  for (;;) {
    // A refused or broken connection is an unknown answer: the claim may exist or not.
    const answer = await client
      .call('POST', `/v1/events/${eventId}/claims`, { token, body: {}, timeoutMs: 20_000 })
      .catch(() => undefined);
    if (answer !== undefined && ACCEPTED.has(answer.status)) return Claim.parse(answer.body);
    if (answer !== undefined && answer.status < 500)
      throw new Error(`refused: ${JSON.stringify(answer.body)}`);
    await pause(RETRY_PAUSE_MS);
  }
}

/** Works through the items with so many workers at once. */
export async function beside<Item>(
  workers: number,
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = Iterator.from(items);
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
