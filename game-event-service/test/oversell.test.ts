import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, type Answer } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, claim, readReward } from './support/scenario.ts';

let auth: AuthStandIn;
let instances: [RunningService, RunningService];
beforeAll(async () => {
  auth = await startAuthStandIn();
  const first = await startService();
  instances = [first, await startService({ beside: first })];
});
afterAll(async () => {
  for (const instance of instances.toReversed()) await instance[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const ACCOUNTS = 300;
const STOCK = 50;

function race(eventId: string, triesOfEach = 1): Promise<Answer[]> {
  const players = Array.from({ length: ACCOUNTS }, () => account());
  const tries = players.flatMap((player) => Array.from({ length: triesOfEach }, () => player));
  return Promise.all(
    tries.map((player, index) => claim(instances[index % 2 === 0 ? 0 : 1].call, eventId, player)),
  );
}

const codes = (answers: Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const name = status === 409 ? JSON.stringify((body as { code: string }).code) : String(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

it('two instances sell exactly what is in stock to 300 accounts, and refuse nobody while something is left', async () => {
  const { event, reward } = await activeEvent(instances[0].call, { reward: { stock: STOCK } });
  const answers = await race(event.id);
  expect(codes(answers)).toEqual({ 201: STOCK, '"out_of_stock"': ACCOUNTS - STOCK });
  expect(await readReward(instances[1].call, reward)).toMatchObject({
    available: 0,
    reserved: 0,
    granted: STOCK,
  });
  const granted = answers.filter(({ status }) => status === 201).map(({ body }) => ClaimResponse.parse(body));
  expect(new Set(granted.map(({ accountId }) => accountId)).size).toBe(STOCK);
});

it('two instances keep to the cap of a day', async () => {
  const { event, reward } = await activeEvent(instances[0].call, {
    reward: { stock: null, perPeriod: { day: STOCK } },
  });
  expect(codes(await race(event.id))).toEqual({ 201: STOCK, '"cap_reached"': ACCOUNTS - STOCK });
  expect(await readReward(instances[1].call, reward)).toMatchObject({ reserved: 0, granted: STOCK });
});

it('an account that claims at both instances at once has one claim', async () => {
  const { event, reward } = await activeEvent(instances[0].call, {
    event: { repeat: 'daily' },
    reward: { stock: ACCOUNTS, perAccount: 1 },
  });
  const answers = await race(event.id, 2);
  const claims = answers.map(({ body }) => ClaimResponse.parse(body));
  expect(new Set(claims.map(({ id }) => id)).size).toBe(ACCOUNTS);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(ACCOUNTS);
  expect(await readReward(instances[0].call, reward)).toMatchObject({
    available: 0,
    reserved: 0,
    granted: ACCOUNTS,
  });
});
