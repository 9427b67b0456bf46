import { randomBytes, randomInt } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { staff, statusesIn, type Answer } from './call.ts';
import { PASSWORD, playerIn, randomName, register, type Player } from './player.ts';
import { startSystem, type System } from './system.ts';

const WEAK = '1'.repeat(128);
/** Limits outlive a test, so each has addresses of its own. */
const someAddress = (): string => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;

let system: System;
afterEach(() => system.stop());

const start = async (env: Record<string, string> = {}): Promise<void> => {
  system = await startSystem({ env });
};

function registering(password: string, address = someAddress(), username = randomName()): Promise<Answer> {
  const as = { clientAddress: address };
  return system.call('POST', '/v1/auth/register', { as, json: { username, password } });
}

async function guest(): Promise<Player> {
  const json = { deviceId: randomBytes(16).toString('hex') };
  const as = { clientAddress: someAddress() };
  return playerIn((await system.call('POST', '/v1/auth/guest', { as, json })).body);
}

function upgrading(who: Player, address: string, username: string, password: string): Promise<Answer> {
  const as = { ...who.as, clientAddress: address };
  return system.call('POST', '/v1/auth/upgrade', { as, json: { username, password } });
}

function changing(who: Player, newPassword: string): Promise<Answer> {
  const json = { currentPassword: PASSWORD, newPassword };
  return system.call('PUT', '/v1/me/password', { as: who.as, json });
}

async function resetToken(who: Player): Promise<string> {
  const as = staff('ADMIN');
  const { body } = await system.call('POST', `/v1/accounts/${who.id}/password-reset`, { as });
  return String(body['token']);
}

const resetting = (token: string, newPassword: string): Promise<Answer> =>
  system.call('POST', '/v1/auth/password-reset', { json: { token, newPassword } });

async function metric(name: string): Promise<string[]> {
  const { port } = system.instances[0]?.admin.address() ?? {};
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('the limit of a door comes before the judgement', () => {
  it('of a registration: weak passwords count as accounts that an address opens', async () => {
    await start({ NEW_ACCOUNTS_PER_ADDRESS: '2' });
    const address = someAddress();
    const answers: Answer[] = [];
    for (let tried = 0; tried < 3; tried += 1) answers.push(await registering(WEAK, address));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 429]);
    expect(answers[2]?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await metric('weak_passwords_refused_total{')).toEqual([
      expect.stringMatching(/door="registration".* 2$/),
    ]);
  });

  it('of an upgrade: weak passwords and names that are taken count like registrations', async () => {
    await start({ NEW_ACCOUNTS_PER_ADDRESS: '3' });
    const [who, address] = [await guest(), someAddress()];
    const username = randomName();
    expect((await registering(PASSWORD, someAddress(), username)).status).toBe(201);
    expect((await upgrading(who, address, randomName(), WEAK)).status).toBe(400);
    for (let tried = 0; tried < 2; tried += 1) {
      expect((await upgrading(who, address, username, PASSWORD)).status).toBe(409);
    }
    const refused = await upgrading(who, address, username, PASSWORD);
    expect([refused.status, refused.body['code']]).toEqual([429, 'rate_limited']);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await registering(PASSWORD, address)).status).toBe(429);
    expect((await upgrading(who, someAddress(), randomName(), PASSWORD)).status).toBe(200);
  });

  it('of a change and of a reset: an account tries so many new passwords in a window', async () => {
    await start({ NEW_PASSWORDS_PER_ACCOUNT: '3' });
    const [who, other] = [await register(system), await register(system)];
    const token = await resetToken(who);
    const answers = [
      await changing(who, WEAK),
      await resetting(token, WEAK),
      await changing(who, WEAK),
      await changing(who, 'yellow-river-77'),
      await resetting(token, 'yellow-river-77'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 429, 429]);
    for (const { headers } of answers.slice(3)) expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await changing(other, 'yellow-river-77')).status).toBe(204);
  });
});

it('an ADMIN that opens an account is told that its password is weak, too', async () => {
  await start();
  const json = { username: randomName(), password: WEAK };
  expect((await system.call('POST', '/v1/accounts', { as: staff('ADMIN'), json })).status).toBe(400);
  expect(await metric('weak_passwords_refused_total{')).toEqual([
    expect.stringMatching(/door="creation".* 1$/),
  ]);
});

it('passwords beyond the judging queue are asked to come back, the others are answered', async () => {
  await start({ JUDGING_QUEUE_LIMIT: '1' });
  const answers = await Promise.all(Array.from({ length: 12 }, () => registering(WEAK)));
  const refused = answers.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers, body } of refused) {
    expect([body['code'], headers.get('retry-after')]).toEqual(['service_unavailable', '1']);
  }
  expect(statusesIn(answers.filter(({ status }) => status !== 503))).toEqual(
    Array<number>(12 - refused.length).fill(400),
  );
  expect(await metric('password_judgements_refused_total{')).toEqual([
    expect.stringMatching(new RegExp(`reason="queue_full".* ${refused.length}$`)),
  ]);
});

it('a service does not start with a weak password for its first ADMIN', async () => {
  await start();
  const env = { BOOTSTRAP_ADMIN_PASSWORD: 'password' };
  await expect(startSystem({ env })).rejects.toThrow(
    'BOOTSTRAP_ADMIN_PASSWORD: This is one of the ten most used passwords',
  );
});
