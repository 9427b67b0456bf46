import { afterAll, beforeAll, expect, it } from 'vitest';
import { staff } from './call.ts';
import { isAlive, logIn, register } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

const CAP = 3;
let system: System;

beforeAll(async () => {
  system = await startSystem({ instances: 2, env: { SESSIONS_PER_ACCOUNT: String(CAP) } });
});
afterAll(() => system.stop());

it('an account that has as many sessions as it may have loses the oldest with its access token', async () => {
  const oldest = await register(system);
  const newer = [];
  for (let login = 0; login < CAP; login += 1) newer.push(await logIn(system, oldest.username));

  expect(await isAlive(system, oldest)).toBe(false);
  for (const each of newer) expect(await isAlive(system, each)).toBe(true);
  const revocation = { accountId: oldest.id, sessionIds: [oldest.as.sessionId] };
  await eventually(() => {
    const about = system.sent.filter(({ subject }) => subject === oldest.id);
    expect(about.map(({ data }) => data)).toContainEqual(revocation);
  });
  expect(await system.db.collection('revocations').countDocuments(revocation)).toBe(1);
  expect(await endedByCap()).toBe(1);
});

it('logins at the same moment leave as many sessions as there may be', async () => {
  const { id, username } = await register(system);
  await Promise.all(Array.from({ length: 12 }, (_, index) => logIn(system, username, undefined, index % 2)));

  expect(await system.db.collection('sessions').countDocuments({ accountId: id })).toBe(CAP);
});

it('a session that ends because there are too many is told of only while its access token may live', async () => {
  const oldest = await register(system);
  const unused = { $set: { rotatedAt: new Date(Date.now() - 11 * 60_000 - 1_000) } };
  const sessions = system.db.collection<{ _id: string }>('sessions');
  await sessions.updateOne({ _id: oldest.as.sessionId }, unused);
  for (let login = 0; login < CAP; login += 1) await logIn(system, oldest.username);

  expect(await isAlive(system, oldest)).toBe(false);
  expect(await system.db.collection('revocations').countDocuments({ accountId: oldest.id })).toBe(0);
});

it('sessions that have ended do not count', async () => {
  const first = await register(system);
  for (let login = 0; login < CAP; login += 1) {
    const other = await logIn(system, first.username);
    await system.call('POST', '/v1/auth/logout', { as: other.as });
  }
  await system.call('DELETE', `/v1/accounts/${first.id}/sessions`, { as: staff('ADMIN') });
  const after = [];
  for (let login = 0; login < CAP; login += 1) after.push(await logIn(system, first.username));

  for (const each of after) expect(await isAlive(system, each)).toBe(true);
});

async function endedByCap(): Promise<number> {
  const { admin } = system.instances[0] ?? {};
  const text = await (await fetch(`http://127.0.0.1:${admin?.address().port}/metrics`)).text();
  return Number(/^auth_sessions_over_cap_total(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1]);
}
