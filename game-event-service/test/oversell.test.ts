import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Identity } from 'service-kit/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, signedHeaders, type Answer } from './support/caller.ts';
import { activeCoupon, newCodes } from './support/codes.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, claim, readReward } from './support/scenario.ts';

let auth: AuthStandIn;
let instances: [RunningService, RunningService, RunningService];
beforeAll(async () => {
  auth = await startAuthStandIn();
  const first = await startService();
  instances = [first, await startService({ beside: first }), await startService({ beside: first })];
});
afterAll(async () => {
  for (const instance of instances.toReversed()) await instance[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const ACCOUNTS = 2_000;
const STOCK = 100;
const CONNECTIONS = 64;

/** With 50 tries each; 2,000 of them take minutes, so they are for who asks for them. */
const CAPPED_ACCOUNTS = Number(process.env['CAPPED_ACCOUNTS'] ?? 50);
const TRIES = 50;

const players = (count: number): Identity[] => Array.from({ length: count }, () => account());

/** The final answer to the client. It waits or tries again as long as it is told to. */
async function decided(...claimed: Parameters<typeof claim>): Promise<Answer> {
  for (;;) {
    const answer = await claim(...claimed);
    if (answer.status !== 202 && answer.status !== 503) return answer;
  }
}

/** Each player claims once, at the instances in turn, over so many connections. */
async function race(eventId: string, claimants: readonly Identity[]): Promise<Answer[]> {
  const waiting = claimants.entries();
  const answers: Answer[] = [];
  const connection = async (): Promise<void> => {
    for (const [index, player] of waiting) {
      const { call } = instances[index % instances.length] ?? instances[0];
      answers[index] = await decided(call, eventId, player);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return answers;
}

const codes = (answers: readonly Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const name = status < 300 ? 'granted' : (body as { code: string }).code;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

const claimsIn = (answers: readonly Answer[]): ClaimResponse[] =>
  answers.filter(({ status }) => status < 300).map(({ body }) => ClaimResponse.parse(body));

const SOLD_OUT = { available: 0, reserved: 0, granted: STOCK };

// Thousands of claims in each, on a machine that may be busy.
describe('three instances', { timeout: 120_000 + CAPPED_ACCOUNTS * TRIES * 20 }, () => {
  it('sell exactly what is in stock to 2,000 accounts, and refuse nobody while something is left', async () => {
    const { event, reward } = await activeEvent(instances[0].call, { reward: { stock: STOCK } });
    const answers = await race(event.id, players(ACCOUNTS));
    expect(codes(answers)).toEqual({ granted: STOCK, out_of_stock: ACCOUNTS - STOCK });
    expect(await readReward(instances[1].call, reward)).toMatchObject({ stock: STOCK, ...SOLD_OUT });
    expect(new Set(claimsIn(answers).map(({ accountId }) => accountId)).size).toBe(STOCK);
  });

  it('give each of 100 codes to one of 2,000 accounts', async () => {
    const pool = newCodes(STOCK);
    const { event, reward } = await activeCoupon(instances[0], pool);
    const answers = await race(event.id, players(ACCOUNTS));
    expect(codes(answers)).toEqual({ granted: STOCK, out_of_stock: ACCOUNTS - STOCK });
    expect(await readReward(instances[1].call, reward)).toMatchObject({ stock: null, ...SOLD_OUT });
    const given = claimsIn(answers).map(({ grant }) => grant?.code);
    expect(given).toHaveLength(STOCK);
    expect(new Set(given)).toEqual(new Set(pool));
  });

  it('give an account what its cap allows, however often it tries, while the stock goes to others', async () => {
    const stock = (CAPPED_ACCOUNTS * 4) / 5;
    const { event, reward } = await activeEvent(instances[0].call, {
      event: { repeat: 'daily' },
      reward: { stock, perAccount: 1 },
    });
    const tries = players(CAPPED_ACCOUNTS).flatMap((player) => Array.from({ length: TRIES }, () => player));
    const answers = await race(event.id, tries);
    const refused = CAPPED_ACCOUNTS - stock;
    expect(codes(answers)).toEqual({ granted: stock * TRIES, out_of_stock: refused * TRIES });
    const claims = claimsIn(answers);
    expect(new Set(claims.map(({ id }) => id)).size).toBe(stock);
    expect(new Set(claims.map(({ accountId }) => accountId)).size).toBe(stock);
    const figures = { available: 0, reserved: 0, granted: stock };
    expect(await readReward(instances[2].call, reward)).toMatchObject(figures);
  });

  it('keep to the cap of a day', async () => {
    const { event, reward } = await activeEvent(instances[0].call, {
      reward: { stock: null, perPeriod: { day: STOCK } },
    });
    expect(codes(await race(event.id, players(300)))).toEqual({ granted: STOCK, cap_reached: 200 });
    expect(await readReward(instances[1].call, reward)).toMatchObject({ reserved: 0, granted: STOCK });
  });
});

it('200 requests of one account in one burst on one connection are one claim', async () => {
  const { event, reward } = await activeEvent(instances[0].call, { reward: { stock: 500 } });
  const [service] = instances;
  const player = account();
  const target = `/v1/events/${event.id}/claims`;
  const requestText = (more: Record<string, string> = {}): string => {
    const headers = {
      host: 'laurel',
      'content-length': '0',
      ...signedHeaders(player, 'POST', target),
      ...more,
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `POST ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
  };
  const burst = Array.from({ length: 199 }, () => requestText()).join('');
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  socket.write(burst + requestText({ connection: 'close' }));
  const answers = (await text(socket)).split(/(?=HTTP\/1\.1 \d{3} )/);

  expect(answers).toHaveLength(200);
  const statuses = answers.map((answer) => Number(answer.slice(9, 12)));
  expect(statuses.filter((status) => status === 201)).toHaveLength(1);
  expect(statuses.every((status) => [200, 201, 202].includes(status))).toBe(true);
  const ids = answers.map((answer) => /"id":"(clm_[^"]+)"/.exec(answer)?.[1]);
  expect(new Set(ids).size).toBe(1);
  expect(auth.received.filter(({ data }) => data.claimId === ids[0])).toHaveLength(1);
  expect(await readReward(service.call, reward)).toMatchObject({ available: 499, reserved: 0, granted: 1 });
});
