import { createHash, randomBytes } from 'node:crypto';
import { newId } from 'service-kit/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guestNameOf } from '../src/guests/guest-name.ts';
import { toldAbout } from './account-news.ts';
import { client, staff, statusesIn, type Answer } from './call.ts';
import { answersTo, newClaim, request } from './claims.ts';
import { isAlive, logIn, PASSWORD, playerIn, randomName, register, type Player } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ instances: 2 });
});
afterAll(() => system.stop());

const accounts = () => system.db.collection<{ _id: string }>('accounts');
const newDevice = (): string => randomBytes(16).toString('hex');

function enter(deviceId: unknown, instance = 0): Promise<Answer> {
  return system.call('POST', '/v1/auth/guest', { json: { deviceId }, instance });
}
const guestOn = async (deviceId: string): Promise<Player> => playerIn((await enter(deviceId)).body);

function upgrade(who: Player, json: object): Promise<Answer> {
  return system.call('POST', '/v1/auth/upgrade', { as: who.as, json });
}
const chosen = () => ({ username: randomName(), password: PASSWORD });

function setStatus(id: string, status: 'active' | 'banned'): Promise<Answer> {
  const json = { status, reason: 'test' };
  return system.call('PUT', `/v1/accounts/${id}/status`, { as: staff('ADMIN'), json });
}

describe('a guest', () => {
  it('is opened by a device with a name of its own, and told to the others', async () => {
    const answer = await enter(newDevice());
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { id, username } = playerIn(answer.body);
    expect(username).toMatch(/^guest-[0-9a-z]{12}$/);
    expect(answer.body).toMatchObject({
      account: { guest: true, roles: ['USER'], status: 'active', email: null, displayName: null },
      tokens: { tokenType: 'Bearer', expiresIn: 600 },
    });
    expect(await toldAbout(system, id, 'registered')).toEqual([
      { accountId: id, accountVersion: 1, username, guest: true, registeredAt: expect.any(String) },
    ]);
  });

  it('is the same account on the same device, each time with a session of its own', async () => {
    const device = newDevice();
    const first = await guestOn(device);
    const answer = await enter(device, 1);
    expect([answer.status, playerIn(answer.body).id]).toEqual([200, first.id]);
    const second = playerIn(answer.body);
    expect(second.as.sessionId).not.toBe(first.as.sessionId);
    expect([await isAlive(system, first), await isAlive(system, second)]).toEqual([true, true]);
    await toldAbout(system, first.id, 'registered');
  });

  it('is opened once, however many first calls come at the same moment', async () => {
    const device = newDevice();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => enter(device, index % 2)));
    expect(statusesIn(answers)).toEqual([...Array<number>(9).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => playerIn(body).id)).size).toBe(1);
    await toldAbout(system, playerIn(answers[0]?.body).id, 'registered');
  });

  it('has its device kept so that nobody can enter with what is stored', async () => {
    const device = newDevice();
    const { id } = await guestOn(device);
    const stored = await system.db.collection<{ _id: string }>('devices').findOne({ accountId: id });
    expect(stored?._id).toMatch(/^[\w-]{43}$/);
    expect(stored?._id).not.toBe(createHash('sha256').update(device).digest('base64url'));
    expect(JSON.stringify([stored, await accounts().findOne({ _id: id })])).not.toContain(device);
  });

  it('takes another name when somebody has the one that was made', async () => {
    const ids = [newId('acc'), newId('acc')];
    const other = await startSystem({
      overrides: { newId: (prefix) => (prefix === 'acc' && ids.shift()) || newId(prefix) },
      env: { BOOTSTRAP_ADMIN_USERNAME: '', BOOTSTRAP_ADMIN_PASSWORD: '' },
    });
    const [first = '', second = ''] = ids;
    await other.db.collection<{ _id: string }>('accounts').insertOne({
      _id: 'acc_other',
      usernameKey: guestNameOf(first),
    } as never);
    const answer = await other.call('POST', '/v1/auth/guest', { json: { deviceId: newDevice() } });
    expect(answer.status).toBe(201);
    expect(playerIn(answer.body)).toMatchObject({ id: second, username: guestNameOf(second) });
    await other.stop();
  });

  it('cannot log in by name, whatever the password', async () => {
    const { username } = await guestOn(newDevice());
    for (const password of ['', 'null', PASSWORD, username]) {
      const answer = await system.call('POST', '/v1/auth/login', { json: { username, password } });
      expect([400, 401]).toContain(answer.status);
    }
  });

  it('that is banned does not enter, and enters again after the ban', async () => {
    const device = newDevice();
    const guest = await guestOn(device);
    expect((await setStatus(guest.id, 'banned')).status).toBe(200);
    const answer = await enter(device);
    expect([answer.status, answer.body['code']]).toEqual([403, 'account_banned']);
    expect(await isAlive(system, guest)).toBe(false);
    await setStatus(guest.id, 'active');
    expect((await enter(device)).status).toBe(200);
  });

  it('that enters while it is banned has no session afterwards', async () => {
    const device = newDevice();
    const { id } = await guestOn(device);
    await Promise.all([setStatus(id, 'banned'), ...Array.from({ length: 8 }, () => enter(device))]);
    const live = { accountId: id, revokedAt: null };
    await eventually(async () => expect(await system.db.collection('sessions').countDocuments(live)).toBe(0));
  });

  it('that was deleted is as if it had never been: its device opens a new one', async () => {
    const device = newDevice();
    const before = await guestOn(device);
    expect((await system.call('POST', '/v1/me/deletion', { as: before.as })).status).toBe(204);
    const answer = await enter(device);
    expect(answer.status).toBe(201);
    expect(playerIn(answer.body).id).not.toBe(before.id);
    const restoring = await system.call('POST', `/v1/accounts/${before.id}/restore`, { as: staff('ADMIN') });
    expect([restoring.status, restoring.body['code']]).toEqual([409, 'device_taken']);
  });

  it('that was deleted and restored is entered by its device again', async () => {
    const device = newDevice();
    const before = await guestOn(device);
    await system.call('POST', '/v1/me/deletion', { as: before.as });
    const restoring = await system.call('POST', `/v1/accounts/${before.id}/restore`, { as: staff('ADMIN') });
    expect(restoring.status).toBe(200);
    const answer = await enter(device);
    expect([answer.status, playerIn(answer.body).id]).toEqual([200, before.id]);
  });

  it('that is restored while its device enters never loses its device', async () => {
    const device = newDevice();
    const before = await guestOn(device);
    await system.call('POST', '/v1/me/deletion', { as: before.as });
    const [restoring] = await Promise.all([
      system.call('POST', `/v1/accounts/${before.id}/restore`, { as: staff('ADMIN'), instance: 1 }),
      enter(device),
    ]);
    const now = playerIn((await enter(device)).body).id;
    expect(restoring.status).toBe(now === before.id ? 200 : 409);
  });

  it('counts as a new account of its address only when it is one', async () => {
    const limited = await startSystem({ env: { NEW_ACCOUNTS_PER_ADDRESS: '2' } });
    const clientAddress = `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;
    const from = (deviceId: string): Promise<Answer> =>
      limited.call('POST', '/v1/auth/guest', { json: { deviceId }, as: { clientAddress } });
    const [one, two, three] = [newDevice(), newDevice(), newDevice()];
    for (const device of [one, two]) expect((await from(device)).status).toBe(201);
    expect((await from(one)).status).toBe(200);
    expect(await from(three)).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect((await from(two)).status).toBe(200);
    await limited.stop();
  });

  it.each([
    ['too short', 'a'.repeat(15)],
    ['too long', 'a'.repeat(129)],
    ['with a space', `${'a'.repeat(20)} b`],
    ['with a line end', `${'a'.repeat(20)}\n`],
    ['a query operator', { $ne: '' }],
    ['missing', undefined],
  ])('has a device id that is not %s', async (_, deviceId) => {
    expect(await enter(deviceId)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});

describe('an upgrade', () => {
  it('keeps the account and all it owns, and gives it a name and a password', async () => {
    const guest = await guestOn(newDevice());
    const claim = newClaim(guest.id);
    request(system, claim);
    await answersTo(system, claim, 1);
    const given = { ...chosen(), email: ' Ha@Example.com ' };

    const answer = await upgrade(guest, given);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body['account']).toMatchObject({
      id: guest.id,
      username: given.username,
      email: 'ha@example.com',
      guest: false,
    });
    const upgraded = playerIn(answer.body);
    expect(await isAlive(system, upgraded)).toBe(true);
    expect((await logIn(system, given.username)).id).toBe(guest.id);
    const owned = await system.call('GET', '/v1/me/entitlements', { as: upgraded.as });
    expect(owned.body['items']).toEqual([{ kind: 'currency', asset: 'gold', quantity: 100 }]);
    expect(await toldAbout(system, guest.id, 'upgraded')).toEqual([
      { accountId: guest.id, accountVersion: 2, username: given.username },
    ]);
  });

  it('ends the sessions that the device opened, but for the one that asks', async () => {
    const device = newDevice();
    const [guest, elsewhere] = [await guestOn(device), await guestOn(device)];
    await upgrade(guest, chosen());
    expect([await isAlive(system, guest), await isAlive(system, elsewhere)]).toEqual([true, false]);
    const told = await eventually(() => {
      const about = system.sent.filter(
        ({ type, subject }) => type === 'laurel.sessions.revoked.v1' && subject === guest.id,
      );
      expect(about).toHaveLength(1);
      return about;
    });
    const exceptSessionId = guest.as.sessionId;
    expect(told[0]?.data).toEqual({ accountId: guest.id, minVersion: 2, exceptSessionId });
  });

  it('closes the door of the device for good', async () => {
    const device = newDevice();
    const guest = await guestOn(device);
    await upgrade(guest, chosen());
    for (const status of ['active', 'banned'] as const) {
      await setStatus(guest.id, status);
      const answer = await enter(device);
      expect([answer.status, answer.body['code']]).toEqual([409, 'device_upgraded']);
    }
  });

  it('to the name that was made for the guest is possible, to a name of somebody else is not', async () => {
    const [one, other, somebody] = [
      await guestOn(newDevice()),
      await guestOn(newDevice()),
      await register(system),
    ];
    expect((await upgrade(one, { username: one.username, password: PASSWORD })).status).toBe(200);
    for (const username of [one.username, somebody.username.toUpperCase()]) {
      const answer = await upgrade(other, { username, password: PASSWORD });
      expect([answer.status, answer.body['code']]).toEqual([409, 'username_taken']);
    }
    expect(await accounts().findOne({ _id: other.id })).toMatchObject({ guest: true, passwordHash: null });
  });

  it('of two guests to one name at the same moment succeeds once', async () => {
    const guests = [await guestOn(newDevice()), await guestOn(newDevice())];
    const same = chosen();
    expect(statusesIn(await Promise.all(guests.map((guest) => upgrade(guest, same))))).toEqual([200, 409]);
  });

  it('at the same moment on two devices happens once, and is told once', async () => {
    const guest = await guestOn(newDevice());
    const answers = await Promise.all([upgrade(guest, chosen()), upgrade(guest, chosen())]);
    expect(statusesIn(answers)).toEqual([200, 403]);
    await toldAbout(system, guest.id, 'upgraded');
  });

  it('is for guests alone', async () => {
    const player = await register(system);
    const answer = await upgrade(player, chosen());
    expect([answer.status, answer.body['code']]).toEqual([403, 'not_a_guest']);
  });

  it.each([
    [401, 'unauthenticated', {}],
    [403, 'forbidden', client('accounts:read')],
    [404, 'account_not_found', { userId: 'acc_nobody', sessionId: 'ses_1', roles: ['USER' as const] }],
  ])('answers %i %s to %j', async (status, code, as) => {
    const answer = await system.call('POST', '/v1/auth/upgrade', { as, json: chosen() });
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });

  it('of a guest who was banned a moment ago is refused', async () => {
    const guest = await guestOn(newDevice());
    await setStatus(guest.id, 'banned');
    expect(await upgrade(guest, chosen())).toMatchObject({ status: 403, body: { code: 'account_banned' } });
  });

  it('with a password that is easy to guess is refused and says why', async () => {
    const guest = await guestOn(newDevice());
    const answer = await upgrade(guest, { username: 'hollandaise', password: 'hollandaise1' });
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'password', message: 'It must not be made of your name or e-mail address' }] },
    });
  });
});
