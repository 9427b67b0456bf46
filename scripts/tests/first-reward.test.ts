import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LaurelClient } from '../src/client/laurel-client.ts';
import * as operations from '../src/client/operations.ts';
import { playFirstReward } from '../src/demo/first-reward.ts';
import { brokenInvariants } from '../src/invariants/claim-invariants.ts';
import { PrivateSystem } from '../src/system/private-system.ts';

let laurel: PrivateSystem;
let client: LaurelClient;

beforeAll(async () => {
  laurel = await PrivateSystem.start();
  client = new LaurelClient(laurel.system.url);
}, 120_000);
afterAll(() => laurel.stop());

const admin = () => {
  const { adminUsername, adminPassword } = laurel.system.credentials;
  return operations.logIn(client, adminUsername, adminPassword);
};

it('a player registers, checks in, claims and owns the reward, and the ledger says so once', async () => {
  const { adminUsername, adminPassword } = laurel.system.credentials;
  const told: string[] = [];
  const played = await playFirstReward({
    url: laurel.system.url,
    adminUsername,
    adminPassword,
    onStep: (text) => told.push(text),
  });
  expect(told.at(-1)).toBe(`reads the ledger: one entry, ${played.ledgerEntryId}`);
  expect(await brokenInvariants(laurel.system.backing)).toEqual([]);
});

describe('a claim', () => {
  it('repeated after it was granted is answered with itself and grants nothing more', async () => {
    const { tokens } = await admin();
    const event = await operations.createAttendanceEvent(client, tokens.accessToken, 'Repeated');
    await operations.createGoldReward(client, tokens.accessToken, event.id, 10);
    await operations.activateEvent(client, tokens.accessToken, event.id);
    const player = await operations.registerPlayer(client);
    const token = player.tokens.accessToken;
    await operations.checkIn(client, token, event.id);

    const first = await operations.claimReward(client, token, event.id);
    const again = await client.call('POST', `/v1/events/${event.id}/claims`, { token, body: {} });

    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ id: first.claim.id, status: 'granted' });
    expect(await operations.readLedger(client, token)).toHaveLength(1);
  });

  it('sent many times at once is one claim', async () => {
    const { tokens } = await admin();
    const event = await operations.createAttendanceEvent(client, tokens.accessToken, 'At once');
    const reward = await operations.createGoldReward(client, tokens.accessToken, event.id, 10);
    await operations.activateEvent(client, tokens.accessToken, event.id);
    const player = await operations.registerPlayer(client);
    const token = player.tokens.accessToken;
    await operations.checkIn(client, token, event.id);

    const claims = await Promise.all(
      Array.from({ length: 10 }, () => operations.claimReward(client, token, event.id)),
    );

    expect(new Set(claims.map(({ claim }) => claim.id)).size).toBe(1);
    expect(claims.every(({ claim }) => claim.status === 'granted')).toBe(true);
    expect(await operations.readReward(client, tokens.accessToken, event.id, reward.id)).toMatchObject({
      available: 9,
      reserved: 0,
      granted: 1,
    });
  });

  it('beyond the stock is refused with 409 out_of_stock, and the stock is given away exactly', async () => {
    const { tokens } = await admin();
    const event = await operations.createAttendanceEvent(client, tokens.accessToken, 'Scarce');
    const reward = await operations.createGoldReward(client, tokens.accessToken, event.id, 3);
    await operations.activateEvent(client, tokens.accessToken, event.id);
    const players = await Promise.all(Array.from({ length: 5 }, () => operations.registerPlayer(client)));
    await Promise.all(
      players.map((player) => operations.checkIn(client, player.tokens.accessToken, event.id)),
    );

    const answers = await Promise.all(
      players.map((player) =>
        client.call('POST', `/v1/events/${event.id}/claims`, { token: player.tokens.accessToken, body: {} }),
      ),
    );

    const refused = answers.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(2);
    for (const { body } of refused) expect(body).toMatchObject({ status: 409, code: 'out_of_stock' });
    await expect
      .poll(() => operations.readReward(client, tokens.accessToken, event.id, reward.id), { timeout: 10_000 })
      .toMatchObject({ available: 0, reserved: 0, granted: 3 });
  });

  it('before the check-in is refused with 422 and the conditions that are not met', async () => {
    const { tokens } = await admin();
    const event = await operations.createAttendanceEvent(client, tokens.accessToken, 'Too early');
    await operations.createGoldReward(client, tokens.accessToken, event.id, 3);
    await operations.activateEvent(client, tokens.accessToken, event.id);
    const player = await operations.registerPlayer(client);

    const answer = await client.call('POST', `/v1/events/${event.id}/claims`, {
      token: player.tokens.accessToken,
      body: {},
    });

    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ status: 422, code: 'conditions_not_met' });
  });
});
