import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, logIn, register, versionIn, type Player } from './player.ts';
import { client } from './call.ts';
import { startSystem, type System } from './system.ts';

let system: System;
let player: Player;
let elsewhere: Player;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());
beforeEach(async () => {
  player = await register(system);
  elsewhere = await logIn(system, player.username);
});

async function logOut(who: Player, json?: unknown): Promise<number> {
  return (await system.call('POST', '/v1/auth/logout', { json, as: who.as })).status;
}

describe('a logout', () => {
  it.each([[undefined], [{}], [{ scope: 'this' }]])(
    'with the body %j ends this session alone',
    async (json) => {
      expect(await logOut(player, json)).toBe(204);
      expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([false, true]);
    },
  );

  it('of the others leaves this session', async () => {
    expect(await logOut(player, { scope: 'others' })).toBe(204);
    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([true, false]);
  });

  it('of all ends every session and every access token', async () => {
    expect(await logOut(player, { scope: 'all' })).toBe(204);
    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([false, false]);
    const again = await logIn(system, player.username);
    expect(versionIn(again.tokens.accessToken)).toBe(versionIn(player.tokens.accessToken) + 1);
  });

  it.each(['this', 'others', 'all'])('of %s may be repeated', async (scope) => {
    expect([await logOut(player, { scope }), await logOut(player, { scope })]).toEqual([204, 204]);
  });

  it.each([
    [400, { json: { scope: 'everyone' } }],
    [401, { json: {}, as: {} }],
    [401, { json: {}, unsigned: true }],
    [403, { json: {}, as: client('accounts:read') }],
  ])('answers %i to who may not or cannot', async (status, options) => {
    expect((await system.call('POST', '/v1/auth/logout', { as: player.as, ...options })).status).toBe(status);
  });
});

describe('my sessions', () => {
  it('are listed newest first, and say which one asks', async () => {
    const answer = await system.call('GET', '/v1/me/sessions', { as: player.as });
    expect(answer.body).toMatchObject({
      items: [
        { id: elsewhere.as.sessionId, current: false, address: '203.0.113.7' },
        { id: player.as.sessionId, current: true },
      ],
      nextCursor: null,
    });
    expect(JSON.stringify(answer.body)).not.toContain('tokenHash');
  });

  it('come in pages, each once', async () => {
    const first = await system.call('GET', '/v1/me/sessions?limit=1', { as: player.as });
    expect(first.headers.get('link')).toMatch(/^<\/v1\/me\/sessions\?limit=1&cursor=[^>]+>; rel="next"$/);
    const second = await system.call(
      'GET',
      `/v1/me/sessions?limit=1&cursor=${String(first.body['nextCursor'])}`,
      {
        as: player.as,
      },
    );
    expect(second.body).toMatchObject({ items: [{ id: player.as.sessionId }], nextCursor: null });
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'cursor=nonsense'])('cannot be listed by %s', async (query) => {
    expect((await system.call('GET', `/v1/me/sessions?${query}`, { as: player.as })).status).toBe(400);
  });

  it('end one by one, whichever device asks, and again without harm', async () => {
    const target = `/v1/me/sessions/${elsewhere.as.sessionId}`;
    expect((await system.call('DELETE', target, { as: player.as })).status).toBe(204);
    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([true, false]);
    expect((await system.call('DELETE', target, { as: player.as })).status).toBe(204);
  });

  it("are not somebody else's to end", async () => {
    const other = await register(system);
    const answer = await system.call('DELETE', `/v1/me/sessions/${player.as.sessionId}`, { as: other.as });
    expect([answer.status, answer.body['code']]).toEqual([404, 'session_not_found']);
    expect(await isAlive(system, player)).toBe(true);
  });
});
