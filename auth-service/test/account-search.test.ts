import type { Identity } from 'service-kit/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, nextOf, staff, type Answer } from './call.ts';
import { randomName, register, type Player } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
let player: Player;
const admin = staff('ADMIN');

beforeAll(async () => {
  system = await startSystem();
  player = await register(system);
});
afterAll(() => system.stop());

describe('accounts', () => {
  const find = async (query: string, as: Partial<Identity> = admin): Promise<Answer> =>
    system.call('GET', `/v1/accounts?${query}`, { as });
  const idsIn = ({ body }: Answer): unknown[] => (body['items'] as { id: string }[]).map(({ id }) => id);

  it.each([
    ['OPERATOR', staff('OPERATOR'), 200],
    ['AUDITOR', staff('AUDITOR'), 200],
    ['a client with accounts:read', client('accounts:read'), 200],
    ['a client without', client('claims:read'), 403],
    ['USER', staff('USER'), 403],
    ['nobody', {}, 401],
  ])('are shown to %s with %j: %i', async (_, as, status) => {
    expect((await find('', as)).status).toBe(status);
    expect((await system.call('GET', `/v1/accounts/${player.id}`, { as })).status).toBe(status);
  });

  it('are read one by one, with their version; unknown ones are not found', async () => {
    const { id, username } = await register(system);
    const answer = await system.call('GET', `/v1/accounts/${id}`, { as: admin });
    expect(answer).toMatchObject({ status: 200, body: { id, username } });
    expect(answer.headers.get('etag')).toBe('"1"');
    expect((await system.call('GET', '/v1/accounts/acc_nobody', { as: admin })).status).toBe(404);
  });

  it('are found by the beginning of a name or display name, whatever the case', async () => {
    const start = `Q${randomName().slice(2, 12)}`;
    const byName = await register(system, `${start}.one`);
    const byDisplayName = await register(system);
    const json = { displayName: `${start} two` };
    await system.call('PATCH', '/v1/me', { json, as: byDisplayName.as });
    await register(system, `x${start}`);
    expect(idsIn(await find(`query=${start.toUpperCase()}`))).toEqual([byDisplayName.id, byName.id]);
    expect(idsIn(await find(`query=${start}.`))).toEqual([byName.id]);
  });

  it('are looked up in an index, whatever is asked', async () => {
    const profiled: unknown[] = [];
    await system.db.command({ profile: 2 });
    for (const query of ['query=q', 'role=ADMIN', 'status=banned', '', 'query=q&role=USER&status=active'])
      await find(query);
    await system.db.command({ profile: 0 });
    const lists = { ns: /\.accounts$/, op: 'query', 'command.sort.createdAt': -1 };
    const slow = system.db.collection('system.profile').find(lists);
    for await (const { planSummary } of slow) profiled.push(planSummary);
    expect(profiled).toHaveLength(5);
    expect(profiled.filter((plan) => !String(plan).startsWith('IXSCAN'))).toEqual([]);
  });

  it('are filtered by role and status together', async () => {
    const operator = await register(system);
    await system.db
      .collection<{ _id: string }>('accounts')
      .updateOne({ _id: operator.id }, { $set: { roles: ['OPERATOR'], status: 'banned' } });
    expect(idsIn(await find('role=OPERATOR&status=banned'))).toEqual([operator.id]);
    expect(idsIn(await find('role=OPERATOR&status=active'))).not.toContain(operator.id);
  });

  it('come in pages, newest first, each once', async () => {
    const start = randomName();
    const registered: string[] = [];
    for (const suffix of ['a', 'b', 'c', 'd', 'e'])
      registered.unshift((await register(system, start + suffix)).id);
    const seen: unknown[] = [];
    let target = `/v1/accounts?query=${start}&limit=2`;
    while (target !== '') {
      const page = await system.call('GET', target, { as: admin });
      seen.push(...idsIn(page));
      target = nextOf(page);
    }
    expect(seen).toEqual(registered);
  });

  it('have cursors that belong to their filters', async () => {
    const { body } = await find('limit=1');
    const answer = await find(`limit=1&status=active&cursor=${String(body['nextCursor'])}`);
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_cursor']);
  });

  it.each(['role=KING', 'status=gone', 'limit=0', 'query='])('cannot be found by %s', async (query) => {
    expect((await find(query)).status).toBe(400);
  });

  it('take a query operator in the query string as the text that it is', async () => {
    await register(system);
    expect((await find('query[$ne]=x')).status).toBe(200);
    expect((await find('query=%7B%22%24ne%22%3A%22%22%7D')).body['items']).toEqual([]);
  });

  it('are looked up by id, in the order asked for, each once, unknown ones left out', async () => {
    const [a, b] = [await register(system), await register(system)];
    const answer = await find(`ids=${b.id},acc_nobody,${a.id},${b.id}`, client('accounts:read'));
    expect(answer).toMatchObject({ status: 200, body: { nextCursor: null } });
    expect(idsIn(answer)).toEqual([b.id, a.id]);
    expect(idsIn(await find('ids=acc_nobody'))).toEqual([]);
  });

  it('are looked up by id up to a hundred at a time, whatever the page size is', async () => {
    const ids = Array.from({ length: 99 }, (_, index) => `acc_${index}`);
    const players = [await register(system), await register(system)];
    const hundred = [...ids.slice(1), ...players.map(({ id }) => id)];
    expect(hundred).toHaveLength(100);
    expect(idsIn(await find(`ids=${hundred.join(',')}&limit=1`))).toHaveLength(2);
    expect(await find(`ids=${['acc_x', ...hundred].join(',')}`)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'query.ids' }] },
    });
  });

  it.each(['query=a', 'role=USER', 'status=active', 'cursor=x'])(
    'are not looked up by id together with %s',
    async (other) => {
      const answer = await find(`ids=${player.id}&${other}`);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'query.ids' }] } });
    },
  );

  it.each(['ids=', 'ids=a,,b', 'ids=,', `ids=${'x'.repeat(13_000)}`])(
    'are not looked up by no id',
    async (query) => {
      expect((await find(query)).status).toBe(400);
    },
  );
});
