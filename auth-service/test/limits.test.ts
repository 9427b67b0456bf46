import { randomBytes, randomInt } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { statusesIn, type Answer } from './call.ts';
import { PASSWORD, randomName, register } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

/** What the metrics say of a limit. */
async function refusalsOf({ instances }: System, limit: string): Promise<number> {
  const counts = await Promise.all(
    instances.map(async ({ admin }) => {
      const text = await (await fetch(`http://127.0.0.1:${admin.address().port}/metrics`)).text();
      const found = new RegExp(`^auth_limit_refusals_total\\{limit="${limit}"[^}]*\\} (\\d+)$`, 'm').exec(
        text,
      );
      return Number(found?.[1] ?? Number.NaN);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

const WRONG = 'not-the-password';

/** Limits outlive a test, so each has addresses of its own. */
const someAddress = (): string => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

function logIn(
  system: System,
  username: string,
  options: { address: string; password?: string; instance?: number },
): Promise<Answer> {
  const { address, password = WRONG, instance = 0 } = options;
  return system.call('POST', '/v1/auth/login', {
    as: { clientAddress: address },
    json: { username, password },
    instance,
  });
}

describe('wrong passwords', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ instances: 2 });
  });

  afterAll(() => system.stop());

  it.each(['known', 'unknown'])('are refused after ten from one address for a %s name', async (kind) => {
    const { username } = kind === 'known' ? await register(system) : { username: randomName() };
    const address = someAddress();
    for (let tried = 0; tried < 10; tried += 1) {
      expect((await logIn(system, username, { address, instance: tried % 2 })).status).toBe(401);
    }

    const refused = await logIn(system, username, { address });

    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ code: 'rate_limited' });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(590);
    expect(seconds).toBeLessThanOrEqual(600);
  });

  it('for one account do not keep its owner out, who comes from elsewhere', async () => {
    const { username } = await register(system);
    const address = someAddress();
    await Promise.all(times(11, () => logIn(system, username, { address })));

    expect((await logIn(system, username, { address, password: PASSWORD })).status).toBe(429);
    expect((await logIn(system, username, { address: someAddress(), password: PASSWORD })).status).toBe(200);
    expect((await logIn(system, (await register(system)).username, { address })).status).toBe(401);
  });

  it('that are tried at once over two instances are no more than the limit', async () => {
    const { username } = await register(system);
    const address = someAddress();

    const answers = await Promise.all(
      times(40, (index) => logIn(system, username, { address, instance: index % 2 })),
    );

    expect(statusesIn(answers)).toEqual([...times(10, () => 401), ...times(30, () => 429)]);
  });

  it('count whatever the case and form of the name', async () => {
    const { username } = await register(system);
    const address = someAddress();
    await Promise.all(times(10, () => logIn(system, username, { address })));

    expect((await logIn(system, username.toUpperCase(), { address })).status).toBe(429);
  });

  it('at the change of a password count like those at the login', async () => {
    const player = await register(system);
    const address = someAddress();
    const change = () =>
      system.call('PUT', '/v1/me/password', {
        as: { ...player.as, clientAddress: address },
        json: { currentPassword: WRONG, newPassword: 'yellow-river-77' },
      });
    expect(statusesIn(await Promise.all(times(5, change)))).toEqual(times(5, () => 403));
    await Promise.all(times(5, () => logIn(system, player.username, { address })));

    expect((await change()).status).toBe(429);
    expect((await logIn(system, player.username, { address })).status).toBe(429);
  });
});

describe('right passwords', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
  });

  afterAll(() => system.stop());

  it('are never too many, also at once', async () => {
    const { username } = await register(system);
    const address = someAddress();

    const answers = await Promise.all(
      times(30, () => logIn(system, username, { address, password: PASSWORD })),
    );

    expect(statusesIn(answers)).toEqual(times(30, () => 200));
    expect((await logIn(system, username, { address })).status).toBe(401);
  });
});

describe('settings', () => {
  let system: System | undefined;

  afterEach(async () => {
    await system?.stop();
    system = undefined;
  });

  it('bound wrong passwords from one address for any account', async () => {
    system = await startSystem({ env: { LOGIN_FAILURES_PER_ADDRESS: '3' } });
    const address = someAddress();
    for (let tried = 0; tried < 3; tried += 1) await logIn(system, randomName(), { address });

    expect((await logIn(system, randomName(), { address })).status).toBe(429);
    expect((await logIn(system, randomName(), { address: someAddress() })).status).toBe(401);
  });

  it('count a /64 of IPv6 as one address', async () => {
    system = await startSystem({ env: { LOGIN_FAILURES_PER_ADDRESS: '1' } });
    const prefix = `2001:db8:${randomInt(65_536).toString(16)}:${randomInt(65_536).toString(16)}`;
    await logIn(system, randomName(), { address: `${prefix}::1` });

    expect((await logIn(system, randomName(), { address: `${prefix}:ffff::2` })).status).toBe(429);
  });

  it('let a try through again as soon as the first has left the window', async () => {
    system = await startSystem({ env: { LOGIN_FAILURES_PER_ACCOUNT: '1', LIMIT_WINDOW: '1s' } });
    const running = system;
    const [username, address] = [randomName(), someAddress()];
    await logIn(system, username, { address });
    expect((await logIn(system, username, { address })).status).toBe(429);

    await eventually(async () => {
      expect((await logIn(running, username, { address })).status).toBe(401);
    });
  });

  it('bound the accounts that one address opens', async () => {
    system = await startSystem({ instances: 2, env: { NEW_ACCOUNTS_PER_ADDRESS: '2' } });
    const running = system;
    const address = someAddress();
    const open = (instance: number) =>
      running.call('POST', '/v1/auth/register', {
        as: { clientAddress: address },
        json: { username: randomName(), password: PASSWORD },
        instance,
      });

    const answers = [await open(0), await open(1), await open(0)];

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
    expect(answers[2]?.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  const guestAt = (running: System, deviceId: string, address: string, instance = 0): Promise<Answer> =>
    running.call('POST', '/v1/auth/guest', { as: { clientAddress: address }, json: { deviceId }, instance });
  const newDevice = (): string => randomBytes(16).toString('hex');

  it('bound the sessions that a known device opens, from wherever it comes', async () => {
    system = await startSystem({ instances: 2, env: { NEW_SESSIONS_PER_ACCOUNT: '3' } });
    const running = system;
    const device = newDevice();
    const answers = [];
    for (let entry = 0; entry < 5; entry += 1) {
      answers.push(await guestAt(running, device, someAddress(), entry % 2));
    }

    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 429]);
    expect(answers[4]?.body).toMatchObject({ code: 'rate_limited' });
    expect(Number(answers[4]?.headers.get('retry-after'))).toBeGreaterThan(590);
    expect((await guestAt(running, newDevice(), someAddress())).status).toBe(201);
    expect(await refusalsOf(running, 'new-session:account')).toBe(1);
  });

  it('bound the logins to one account that succeed; wrong passwords use none of them up', async () => {
    system = await startSystem({ env: { NEW_SESSIONS_PER_ACCOUNT: '2' } });
    const running = system;
    const { username } = await register(running);
    for (let tried = 0; tried < 4; tried += 1) await logIn(running, username, { address: someAddress() });
    const right = () => logIn(running, username, { address: someAddress(), password: PASSWORD });

    expect([(await right()).status, (await right()).status]).toEqual([200, 200]);
    const refused = await right();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it('bound the sessions that one address opens, and then ask no password of it', async () => {
    system = await startSystem({ env: { NEW_SESSIONS_PER_ADDRESS: '2' } });
    const running = system;
    const address = someAddress();
    const [one, other, device] = [await register(running), await register(running), newDevice()];
    expect((await guestAt(running, device, address)).status).toBe(201);
    // Neither of these opens any.
    for (let tried = 0; tried < 4; tried += 1) await logIn(running, one.username, { address });

    expect((await guestAt(running, device, address)).status).toBe(200);
    expect((await logIn(running, one.username, { address, password: PASSWORD })).status).toBe(200);
    expect((await logIn(running, other.username, { address, password: PASSWORD })).status).toBe(429);
    expect((await logIn(running, other.username, { address })).status).toBe(429);
    expect((await guestAt(running, device, address)).status).toBe(429);
    const elsewhere = { address: someAddress(), password: PASSWORD };
    expect((await logIn(running, other.username, elsewhere)).status).toBe(200);
    expect(await refusalsOf(running, 'new-session:address')).toBe(3);
  });

  it('hold for each instance by itself while Redis is away', async () => {
    system = await startSystem({
      env: { REDIS_URL: 'redis://127.0.0.1:1', LOGIN_FAILURES_PER_ACCOUNT: '2' },
    });
    const { username } = await register(system);
    const address = someAddress();

    expect((await logIn(system, username, { address, password: PASSWORD })).status).toBe(200);
    await logIn(system, username, { address });
    await logIn(system, username, { address });
    expect((await logIn(system, username, { address })).status).toBe(429);
  });
});
