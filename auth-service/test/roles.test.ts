import { expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { buildService } from '../src/service.ts';
import { REWARD_REQUESTS } from '../src/ledger/reward-requests-consumer.ts';
import { answersTo, newClaim, request } from './claims.ts';
import { register } from './player.ts';
import { collectLog, environment, eventually, startSystem } from './system.ts';

it('http serves and a worker grants, and neither does the part of the other', async () => {
  const front = await startSystem({ env: { ROLE: 'http' } });
  const player = await register(front);
  const claim = newClaim(player.id);
  request(front, claim, 70);
  await eventually(async () =>
    expect(await front.channel.checkQueue(REWARD_REQUESTS)).toMatchObject({
      messageCount: 1,
      consumerCount: 0,
    }),
  );

  const env = environment(front.db.databaseName, { ROLE: 'worker' });
  const worker = buildService(loadConfig(env), { logger: collectLog().logger });
  await worker.lifecycle.start();
  await answersTo(front, claim, 1);
  const owned = await front.call('GET', '/v1/me/entitlements', { as: player.as });
  expect(owned.body).toEqual({
    items: [{ kind: 'currency', asset: 'gold', quantity: 70 }],
    nextCursor: null,
  });
  expect(() => worker.http.address()).toThrow();
  const admin = `http://127.0.0.1:${worker.admin.address().port}`;
  expect((await fetch(`${admin}/readyz`)).status).toBe(200);
  expect((await fetch(`${admin}/.well-known/jwks.json`)).status).toBe(404);
  await worker.lifecycle.stop();
  await front.stop();
});
