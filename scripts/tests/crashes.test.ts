import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as operations from '../src/client/operations.ts';
import { brokenInvariants } from '../src/invariants/claim-invariants.ts';
import { PrivateSystem } from '../src/system/private-system.ts';
import { beside, claimUntilAccepted, setClaimStage } from './claim-load.ts';

const CLAIMS = 200;
const KILL_AFTER = 70;
const OUTAGE_MS = 5000;
const PLAYERS_AT_ONCE = 10;
const STOCK = 1000;

let laurel: PrivateSystem;

beforeAll(async () => {
  laurel = await PrivateSystem.start();
}, 120_000);
afterAll(() => laurel.stop());

it.each(['game-event-service', 'auth-service', 'rabbitmq', 'redis'])(
  'kill -9 of %s amid 200 claims, started again after 5 s: every claim is granted exactly once',
  async (victim) => {
    const stage = await setClaimStage(laurel, CLAIMS, STOCK);
    const { client, adminToken, eventId, rewardId, playerTokens } = stage;

    let accepted = 0;
    let outage: Promise<void> | undefined;
    await beside(PLAYERS_AT_ONCE, playerTokens, async (token) => {
      await claimUntilAccepted(stage, token);
      accepted += 1;
      if (accepted === KILL_AFTER) outage = killAndStartAgain(victim);
    });
    await outage;

    expect(accepted).toBe(CLAIMS);
    await expect
      .poll(() => operations.readReward(client, adminToken, eventId, rewardId), {
        timeout: 60_000,
        interval: 500,
      })
      .toMatchObject({ available: STOCK - CLAIMS, reserved: 0, granted: CLAIMS });
    await beside(PLAYERS_AT_ONCE, playerTokens, async (token) => {
      const entries = await operations.readLedger(client, token);
      expect(entries).toMatchObject([{ kind: 'grant', asset: 'gold', quantity: 100, balanceAfter: 100 }]);
    });
    await expect
      .poll(() => brokenInvariants(laurel.system.backing), { timeout: 60_000, interval: 500 })
      .toEqual([]);
  },
  240_000,
);

async function killAndStartAgain(victim: string): Promise<void> {
  const server = laurel.system.server(victim);
  await server.kill();
  await delay(OUTAGE_MS);
  await server.start();
}
