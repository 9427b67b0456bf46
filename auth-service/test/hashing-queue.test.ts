import { afterAll, beforeAll, expect, it } from 'vitest';
import { PASSWORD, randomName, register } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ env: { HASHING_CONCURRENCY: '1', HASHING_QUEUE_LIMIT: '1' } });
});
afterAll(() => system.stop());

it('logins beyond the hashing queue are asked to come back, the others are answered', async () => {
  const username = randomName();
  await register(system, username);
  const answers = await Promise.all(
    Array.from({ length: 12 }, () =>
      system.call('POST', '/v1/auth/login', { json: { username, password: PASSWORD } }),
    ),
  );
  const refused = answers.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers, body } of refused) {
    expect([body['code'], headers.get('retry-after')]).toEqual(['service_unavailable', '1']);
  }
  expect(answers.filter(({ status }) => status === 200).length).toBe(12 - refused.length);
});
