import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { staff, type Answer } from './call.ts';
import { isAlive, logIn, PASSWORD, register, type Player } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';
import { transactionsDuring } from './transactions.ts';

const MANY = 20_000;
const admin = staff('ADMIN');
let system: System;
let player: Player;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());
beforeEach(async () => {
  player = await register(system);
  await openMore(player, MANY);
});

interface StoredSession {
  _id: string;
  accountId: string;
  createdAt: Date;
}
const sessions = () => system.db.collection<StoredSession>('sessions');

/** As they are in the store, the newest after that of the player. */
async function openMore({ id, as }: Player, count: number): Promise<void> {
  const own = await sessions().findOne({ _id: as.sessionId });
  if (!own) throw new Error('the player has no session');
  const copies = Array.from({ length: count }, (_, index) => ({
    ...own,
    _id: `ses_${id.slice(4)}_${index}`,
    createdAt: new Date(own.createdAt.getTime() - index - 1),
  }));
  await sessions().insertMany(copies, { ordered: false });
}

const logOut = (scope: string): Promise<Answer> =>
  system.call('POST', '/v1/auth/logout', { as: player.as, json: { scope } });

describe('an account with 20,000 sessions', () => {
  it.each([
    [
      'is banned',
      0,
      () => {
        const json = { status: 'banned', reason: 'test' };
        return system.call('PUT', `/v1/accounts/${player.id}/status`, { as: admin, json });
      },
    ],
    ['is deleted', 0, () => system.call('DELETE', `/v1/accounts/${player.id}`, { as: admin })],
    ['is logged out everywhere', 0, () => logOut('all')],
    ['is logged out everywhere else', 1, () => logOut('others')],
    [
      'is logged out by staff',
      0,
      () => system.call('DELETE', `/v1/accounts/${player.id}/sessions`, { as: admin }),
    ],
    [
      'gets another password',
      1,
      () => {
        const json = { currentPassword: PASSWORD, newPassword: 'giraffe-lamp-42' };
        return system.call('PUT', '/v1/me/password', { as: player.as, json });
      },
    ],
  ])(
    '%s in one small transaction; %i of its sessions is left, and the rest is removed',
    async (_, left, end) => {
      const isRemoved = async () =>
        expect(await sessions().countDocuments({ accountId: player.id })).toBe(left);

      const committed = await transactionsDuring(
        system,
        async () => {
          const { status } = await end();
          expect(status).toBeLessThan(300);
          // Dead before they are gone.
          const listed = await system.call('GET', '/v1/me/sessions', { as: player.as });
          expect(listed.body['items']).toHaveLength(left);
        },
        isRemoved,
      );

      // The account, its revocation, its dead sessions, the audit, the messages.
      expect(Math.max(...committed.map(({ writes }) => writes))).toBeLessThanOrEqual(8);
      expect(Math.max(...committed.map(({ bytes }) => bytes))).toBeLessThan(16_384);
      const told = await eventually(() => {
        const about = system.sent.filter(
          ({ type, subject }) => type === 'laurel.sessions.revoked.v1' && subject === player.id,
        );
        expect(about).toHaveLength(1);
        return about;
      });
      expect(JSON.stringify(told).length).toBeLessThan(1_024);
      expect(await isAlive(system, player)).toBe(left === 1);
    },
  );

  it('is erased in writes of a bounded size', async () => {
    const own = { accountId: player.id };
    await system.call('DELETE', `/v1/accounts/${player.id}`, { as: admin });
    const due = { $set: { 'deletion.at': new Date(1) } };
    const accounts = system.db.collection<{ _id: string }>('accounts');

    const committed = await transactionsDuring(
      system,
      () => accounts.updateOne({ _id: player.id }, due),
      async () => {
        expect(await accounts.findOne({ _id: player.id })).toMatchObject({ erasedAt: expect.any(Date) });
      },
    );

    expect(Math.max(...committed.map(({ writes }) => writes))).toBeLessThanOrEqual(8);
    expect(await sessions().countDocuments(own)).toBe(0);
  });

  it('from before there was a cap has some of them ended by each login', async () => {
    await logIn(system, player.username);

    expect(await sessions().countDocuments({ accountId: player.id })).toBe(MANY + 2 - 100);
  });
});
