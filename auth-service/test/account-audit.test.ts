import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staff, type Answer } from './call.ts';
import { PASSWORD, playerIn, randomName, register } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const admin = staff('ADMIN');
const post = (path: string, json?: object, as = {}): Promise<Answer> =>
  system.call('POST', path, { json, as });

/** The audit entries about an account, oldest first: who did what, with which result. */
async function trailOf(accountId: string): Promise<string[]> {
  const target = `/v1/auth/audit?accountId=${accountId}&limit=100`;
  const { body } = await system.call('GET', target, { as: staff('AUDITOR') });
  const entries = body['items'] as { action: string; actor: { id?: string; kind: string }; result: string }[];
  const nameOf = (id: string | undefined): string | undefined => (id === accountId ? 'owner' : id);
  return entries
    .toReversed()
    .map(({ action, actor, result }) => `${nameOf(actor.id) ?? actor.kind} ${action} ${result}`);
}

describe('the audit trail', () => {
  it('tells of a guest from its first entry to its upgrade', async () => {
    const deviceId = `device-of-${randomName()}`.replace('.', '_');
    const guest = playerIn((await post('/v1/auth/guest', { deviceId })).body);
    await post('/v1/auth/guest', { deviceId });
    await post('/v1/auth/upgrade', { username: randomName(), password: PASSWORD }, guest.as);
    await post('/v1/auth/guest', { deviceId });
    expect(await trailOf(guest.id)).toEqual([
      'owner enter-as-guest done',
      'owner enter-as-guest done',
      'owner upgrade-guest done',
      'anonymous enter-as-guest refused',
    ]);
  });

  it('tells what an ADMIN did to an account, and leaves out what changed nothing', async () => {
    const { body } = await post('/v1/accounts', { username: randomName(), password: PASSWORD }, admin);
    const id = String(body['id']);
    const path = `/v1/accounts/${id}`;
    await system.call('PATCH', path, { as: admin, json: { displayName: 'x' } });
    await system.call('PATCH', path, { as: admin, json: { displayName: 'x' } });
    await system.call('DELETE', `${path}/sessions`, { as: admin });
    const offered = await post(`${path}/password-reset`, undefined, admin);
    const reset = { token: offered.body['token'], newPassword: 'giraffe-lamp-42' };
    await post('/v1/auth/password-reset', reset);
    await post('/v1/auth/password-reset', reset);
    await system.call('DELETE', path, { as: admin });
    await system.call('DELETE', path, { as: admin });
    await post(`${path}/restore`, undefined, admin);
    await post(`${path}/restore`, undefined, admin);
    const by = admin.userId ?? '';
    expect(await trailOf(id)).toEqual([
      `${by} create-account done`,
      `${by} update-account done`,
      `${by} end-sessions done`,
      `${by} offer-password-reset done`,
      'anonymous reset-password done',
      `${by} delete-account done`,
      `${by} restore-account done`,
    ]);
  });

  it('tells of deletions by the owner, and of what time alone did', async () => {
    const player = await register(system);
    const json = { status: 'banned', reason: 'x', until: new Date(Date.now() + 700).toISOString() };
    await system.call('PUT', `/v1/accounts/${player.id}/status`, { as: admin, json });
    await eventually(async () => expect(await trailOf(player.id)).toHaveLength(3));
    await post('/v1/me/deletion', { password: 'not-the-password' }, player.as);
    await post('/v1/me/deletion', { password: PASSWORD }, player.as);
    const longAgo = { $set: { 'deletion.at': new Date(1) } };
    await system.db.collection<{ _id: string }>('accounts').updateOne({ _id: player.id }, longAgo);
    await eventually(async () => expect(await trailOf(player.id)).toHaveLength(6));
    expect(await trailOf(player.id)).toEqual([
      'anonymous register-account done',
      `${admin.userId} set-status done`,
      'auth-service end-ban done',
      'owner delete-account refused',
      'owner delete-account done',
      'auth-service erase-account done',
    ]);
  });

  it('names the accounts that staff looked up by id', async () => {
    const { id } = await register(system);
    const as = { ...staff('OPERATOR'), userId: `acc_${randomName()}` };
    await system.call('GET', `/v1/accounts?ids=${id},acc_nobody`, { as });
    const target = `/v1/auth/audit?actorId=${as.userId}`;
    const { body } = await system.call('GET', target, { as: staff('AUDITOR') });
    expect(body['items']).toMatchObject([
      { action: 'search-accounts', details: { byId: true, shown: [id] } },
    ]);
  });
});
