import { afterAll, beforeAll, expect, test } from 'vitest';
import { refresh, register } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ instances: 2 });
});
afterAll(() => system.stop());

test('refreshes that arrive together each get their own answer, whatever the others get', async () => {
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
