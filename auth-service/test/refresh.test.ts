import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { identityIn, refresh, register, versionIn, type Player } from './player.ts';
import { staff } from './call.ts';
import { eventually, startSystem, type System } from './system.ts';

let system: System;
let now = new Date();
let player: Player;

beforeAll(async () => {
  system = await startSystem({ instances: 2, overrides: { clock: () => now } });
});
afterAll(() => system.stop());
beforeEach(async () => {
  now = new Date();
  player = await register(system);
});

const later = (ms: number): void => {
  now = new Date(now.getTime() + ms);
};
const sessionOf = (who: Player) =>
  system.db.collection<{ _id: string }>('sessions').findOne({ _id: who.as.sessionId });

/** Refreshes and gives the successor. */
async function successorOf(refreshToken: string, instance = 0): Promise<string> {
  const { tokens } = await refresh(system, refreshToken, instance);
  if (!tokens) throw new Error('the token was not accepted');
  return tokens.refreshToken;
}

async function expectRefused(refreshToken: string, instance = 0): Promise<void> {
  const answer = await refresh(system, refreshToken, instance);
  expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_refresh_token']);
}

describe('a refresh', () => {
  it('replaces the token and keeps the session', async () => {
    const answer = await refresh(system, player.tokens.refreshToken, 1);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.tokens?.refreshToken).not.toBe(player.tokens.refreshToken);
    expect(identityIn(answer.tokens?.accessToken ?? '')).toMatchObject({
      userId: player.id,
      sessionId: player.as.sessionId,
    });
    expect(await sessionOf(player)).toMatchObject({ generation: 1, revokedAt: null });
  });

  it('stores no token, only its hash', async () => {
    const text = JSON.stringify(await sessionOf(player));
    const secret = player.tokens.refreshToken.split('.')[2] ?? '';
    expect(text).not.toContain(secret);
  });

  it('fifty times at once with one token over two instances gives one successor and one live head', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => refresh(system, player.tokens.refreshToken, index % 2)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(50).fill(200));
    const [successor, ...others] = new Set(answers.map(({ tokens }) => tokens?.refreshToken));
    expect(others).toEqual([]);
    expect(await sessionOf(player)).toMatchObject({ generation: 1, revokedAt: null });
    expect((await refresh(system, successor ?? '')).status).toBe(200);
  });

  it('repeated within ten seconds gets the same successor again, on another instance as well', async () => {
    const successor = await successorOf(player.tokens.refreshToken);
    later(10_000);
    expect(await successorOf(player.tokens.refreshToken, 1)).toBe(successor);
    expect(await sessionOf(player)).toMatchObject({ generation: 1, revokedAt: null });
  });

  it('repeated after ten seconds ends the session on every instance, and the log says so', async () => {
    const successor = await successorOf(player.tokens.refreshToken);
    later(10_001);
    await expectRefused(player.tokens.refreshToken, 1);
    await expectRefused(successor, 0);
    await expectRefused(successor, 1);
    expect(await sessionOf(player)).toMatchObject({ revokedBecause: 'refresh_token_reuse' });
    await eventually(() =>
      expect(system.log).toContainEqual(
        expect.objectContaining({ level: 'warn', sessionId: player.as.sessionId, presentedGeneration: 0 }),
      ),
    );
  });

  it('with a grandparent ends the session at once', async () => {
    const child = await successorOf(player.tokens.refreshToken);
    const grandchild = await successorOf(child);
    await expectRefused(player.tokens.refreshToken, 1);
    await expectRefused(grandchild);
    await expectRefused(child);
  });

  it.each([
    ['a token that was made up', () => `${player.as.sessionId}.0.${'a'.repeat(43)}.${'b'.repeat(22)}`],
    [
      'a token of another server',
      () => player.tokens.refreshToken.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A')),
    ],
    ['an access token', () => player.tokens.accessToken],
    ['the id of the session', () => player.as.sessionId],
    ['noise', () => randomBytes(64).toString('base64url')],
  ])('with %s is refused and harms nobody', async (_, token) => {
    await expectRefused(token());
    expect((await refresh(system, player.tokens.refreshToken)).status).toBe(200);
  });

  it('keeps a session alive for as long as it is used, and no longer', async () => {
    const days = 86_400_000;
    later(29 * days);
    const successor = await successorOf(player.tokens.refreshToken);
    later(29 * days);
    const next = await successorOf(successor);
    later(30 * days);
    await expectRefused(next);
    expect(await sessionOf(player)).toMatchObject({ revokedAt: null });
  });

  it('carries the roles of now in the access token, with a higher version', async () => {
    const json = { roles: ['OPERATOR'] };
    await system.call('PUT', `/v1/accounts/${player.id}/roles`, { json, as: staff('ADMIN') });
    const { tokens } = await refresh(system, player.tokens.refreshToken);
    expect(identityIn(tokens?.accessToken ?? '').roles).toEqual(['OPERATOR']);
    expect(versionIn(tokens?.accessToken ?? '')).toBe(versionIn(player.tokens.accessToken) + 1);
  });

  it('ends with a ban and does not come back when the ban ends', async () => {
    const status = async (status: string) =>
      system.call('PUT', `/v1/accounts/${player.id}/status`, {
        json: { status, reason: 'test' },
        as: staff('ADMIN'),
      });
    await status('banned');
    await expectRefused(player.tokens.refreshToken);
    await status('active');
    await expectRefused(player.tokens.refreshToken);
  });

  it.each([
    ['no token', {}],
    ['a number', { refreshToken: 7 }],
    ['a query operator', { refreshToken: { $ne: '' } }],
    ['an unknown field', { refreshToken: 'x', scope: 'all' }],
  ])('with %s is a bad request', async (_, json) => {
    const answer = await system.call('POST', '/v1/auth/refresh', { json });
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_request']);
  });
});
