import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import * as operations from '../src/client/operations.ts';
import { brokenInvariants } from '../src/invariants/claim-invariants.ts';
import { PrivateSystem } from '../src/system/private-system.ts';
import { beside, type ClaimStage, setClaimStage } from './claim-load.ts';

const CLAIMS = 150;
const STOP_AFTER = 40;
const PLAYERS_AT_ONCE = 8;
const STOCK = 1000;

const UpstreamFailure = z.object({ message: z.literal('upstream failed'), code: z.string() });

let laurel: PrivateSystem;
/** The codes with which the gateway's own connections to the services failed. */
let upstreamFailures: string[] = [];

beforeAll(async () => {
  laurel = await PrivateSystem.start({
    instances: { 'game-event-service': 2 },
    onLine: (name, line) => {
      if (name !== 'api-gateway' || !line.startsWith('{')) return;
      const failure = UpstreamFailure.safeParse(JSON.parse(line));
      if (failure.success) upstreamFailures.push(failure.data.code);
    },
  });
}, 120_000);
afterAll(() => laurel.stop());
beforeEach(() => {
  upstreamFailures = [];
});

it.each(['api-gateway', 'auth-service'])(
  'SIGTERM of %s under load: no request is answered with a reset connection, and no message is lost',
  async (name) => {
    const stage = await setClaimStage(laurel, CLAIMS, STOCK);
    const { accepted, broken } = await claimWhile(stage, () => stopAndStartAgain(name));

    expect(broken).toEqual([]);
    expect(upstreamFailures.filter((code) => code !== 'ECONNREFUSED')).toEqual([]);
    await everyoneOwnsOneReward(stage, accepted);
  },
  180_000,
);

it('SIGTERM of one of two processes of game-event-service under load is noticed by nobody', async () => {
  const stage = await setClaimStage(laurel, CLAIMS, STOCK);
  const { accepted, broken } = await claimWhile(stage, () => stopAndStartAgain('game-event-service'));

  expect(broken).toEqual([]);
  expect(accepted.size).toBe(CLAIMS);
  await everyoneOwnsOneReward(stage, accepted);
}, 180_000);

/** Everyone claims; once the load is on, the disturbance begins and is waited for. */
async function claimWhile(
  { client, eventId, playerTokens }: ClaimStage,
  disturb: () => Promise<void>,
): Promise<{ accepted: Set<string>; broken: unknown[] }> {
  const accepted = new Set<string>();
  const broken: unknown[] = [];
  let disturbance: Promise<void> | undefined;
  await beside(PLAYERS_AT_ONCE, playerTokens, async (token) => {
    try {
      const options = { token, body: {}, timeoutMs: 20_000 };
      const answer = await client.call('POST', `/v1/events/${eventId}/claims`, options);
      if (answer.status < 300) accepted.add(token);
    } catch (error) {
      // A gateway that is down refuses new connections, which is no request cut off.
      if (!isRefused(error)) broken.push(error);
    }
    if (accepted.size >= STOP_AFTER) disturbance ??= disturb();
  });
  await disturbance;
  return { accepted, broken };
}

async function stopAndStartAgain(name: string): Promise<void> {
  const server = laurel.system.server(name);
  expect(await server.signalAndWait('SIGTERM')).toEqual({ code: 0, signal: null });
  await server.start();
}

/** Those who got no final answer claim again; then all of it adds up. */
async function everyoneOwnsOneReward(stage: ClaimStage, accepted: Set<string>): Promise<void> {
  const { client, adminToken, eventId, rewardId, playerTokens } = stage;
  const others = playerTokens.filter((token) => !accepted.has(token));
  await beside(PLAYERS_AT_ONCE, others, async (token) => {
    await operations.claimReward(client, token, eventId);
  });
  await expect
    .poll(() => operations.readReward(client, adminToken, eventId, rewardId), {
      timeout: 60_000,
      interval: 500,
    })
    .toMatchObject({ available: STOCK - CLAIMS, reserved: 0, granted: CLAIMS });
  await expect
    .poll(() => brokenInvariants(laurel.system.backing), { timeout: 30_000, interval: 500 })
    .toEqual([]);
}

function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}
