import { createMetrics } from 'service-kit/admin';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAccountStore } from '../src/accounts/account-store.ts';
import type { RefreshToken } from '../src/sessions/refresh-token.ts';
import { createRotations } from '../src/sessions/rotations.ts';
import { createSessionStore } from '../src/sessions/session-store.ts';
import { logIn, refresh, register } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ instances: 2 });
});
afterAll(() => system.stop());

it('refreshes that arrive together each get their own answer, whatever the others get', async () => {
  const players = await Promise.all(Array.from({ length: 12 }, () => register(system)));
  const loggedOut = players.filter((_, index) => index % 3 === 0);
  await Promise.all(loggedOut.map(({ as }) => system.call('POST', '/v1/auth/logout', { as })));

  const answers = await Promise.all(
    // Each token twice, at each instance once.
    players.flatMap(({ tokens }) => [0, 1].map((instance) => refresh(system, tokens.refreshToken, instance))),
  );

  const expected = players.flatMap((_, index) => (index % 3 === 0 ? [401, 401] : [200, 200]));
  expect(answers.map(({ status }) => status)).toEqual(expected);
  const successors = answers.flatMap(({ tokens }) => tokens?.refreshToken ?? []);
  expect(new Set(successors).size).toBe(8);
  const next = await Promise.all([...new Set(successors)].map((token) => refresh(system, token)));
  expect(next.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
});

it('a session that is kept between the rotation and the read of its account is refreshed, the others are not', async () => {
  const kept = await register(system);
  const other = await logIn(system, kept.username);
  const store = createAccountStore(system.db);
  const rotations = createRotations({
    sessions: createSessionStore(system.db),
    accounts: {
      tokenHoldersOf: async (ids) => {
        await system.call('POST', '/v1/auth/logout', { as: kept.as, json: { scope: 'others' } });
        return await store.tokenHoldersOf(ids);
      },
    },
    metrics: createMetrics('test'),
  });
  const now = new Date();
  const rotation = ({ tokens }: typeof kept) => {
    const presented = headIn(tokens.refreshToken);
    const successor = { ...presented, generation: presented.generation + 1, text: 'the next one' };
    const origin = { address: null, device: null, requestId: 'req_1', traceparent: '00-aa-bb-01' };
    const expiresAt = new Date(now.getTime() + 60_000);
    return { id: `rotation of ${presented.sessionId}`, presented, successor, origin, now, expiresAt };
  };

  const [ofKept, ofOther] = await Promise.all([
    rotations.submit(rotation(kept)),
    rotations.submit(rotation(other)),
  ]);

  expect([ofKept?.id, ofOther]).toEqual([kept.id, undefined]);
});

function headIn(text: string): RefreshToken {
  const [sessionId = '', generation = ''] = text.split('.');
  return { sessionId, generation: Number(generation), text };
}
