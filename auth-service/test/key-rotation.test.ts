import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import jsonwebtoken from 'jsonwebtoken';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { logIn, register, type Player } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

const ADMIN_TOKEN = 'token-of-the-admin-port';
const LEAD_MS = 300_000;
const TOKEN_LIFE_MS = 600_000;
const SKEW_MS = 60_000;
const BOTH = [0, 1];

const Keys = z.object({ items: z.array(z.object({ kid: z.string(), state: z.string() })) });
const KeySet = z.object({ keys: z.array(z.object({ kid: z.string() })) });

let system: System;
let now: Date;
let player: Player;
beforeEach(async () => {
  now = new Date();
  const env = { ADMIN_TOKEN, ADMIN_ALLOWED_HOSTS: 'auth-admin.internal', SIGNING_KEY_LEAD: '5m' };
  system = await startSystem({ instances: 2, env, overrides: { clock: () => now } });
  player = await register(system);
});
afterEach(() => system.stop());

const later = (ms: number): void => {
  now = new Date(now.getTime() + ms);
};

async function admin(method: string, path: string, instance = 0, token = ADMIN_TOKEN): Promise<Response> {
  const { port } = system.instances[instance]?.admin.address() ?? {};
  return await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  });
}

const statesAfter = async (method: string, path: string, instance = 0): Promise<string[]> =>
  Keys.parse(await (await admin(method, path, instance)).json()).items.map(({ state }) => state);
const rotate = (instance = 0): Promise<string[]> => statesAfter('POST', '/signing-keys', instance);
const retire = (kid: string, instance = 0): Promise<Response> =>
  admin('DELETE', `/signing-keys/${kid}`, instance);

const keySet = async (instance: number): Promise<string[]> => {
  const { body } = await system.call('GET', '/.well-known/jwks.json', { instance, unsigned: true });
  return KeySet.parse(body).keys.map(({ kid }) => kid);
};
const kidIn = (token: string): string => jsonwebtoken.decode(token, { complete: true })?.header.kid ?? '';

/** Which key an instance signs with now. */
async function signingKid(instance: number): Promise<string> {
  const { tokens } = await logIn(system, player.username, undefined, instance);
  return kidIn(tokens.accessToken);
}

/** Waits until both instances publish these keys. */
async function published(count: number): Promise<string[]> {
  return await eventually(async () => {
    const [one, other] = await Promise.all(BOTH.map(keySet));
    expect(one).toEqual(other);
    expect(one).toHaveLength(count);
    return one ?? [];
  });
}

describe('a rotation', () => {
  it('publishes the new key everywhere before it signs, and then it signs everywhere without a restart', async () => {
    const [old] = await published(1);
    expect(await rotate()).toEqual(['waiting', 'signing']);
    const [next] = await published(2);
    expect(next).not.toBe(old);

    later(LEAD_MS - 1);
    expect(await Promise.all(BOTH.map(signingKid))).toEqual([old, old]);
    later(1);
    expect(await Promise.all(BOTH.map(signingKid))).toEqual([next, next]);
  });

  it('keeps the old key until the last token that it signed is dead, and then removes it for good', async () => {
    await rotate();
    const [next] = await published(2);
    later(LEAD_MS + TOKEN_LIFE_MS + SKEW_MS - 1);
    expect(await Promise.all(BOTH.map(keySet))).toEqual([await keySet(0), await keySet(0)]);
    expect(await keySet(0)).toHaveLength(2);
    later(1);
    expect(await Promise.all(BOTH.map(keySet))).toEqual([[next], [next]]);
    await eventually(async () => {
      expect(await system.db.collection('signingKeys').distinct('_id')).toEqual([next]);
    });
  });

  it('asked for many times at once, on two instances, makes one key', async () => {
    const states = await Promise.all(Array.from({ length: 8 }, (_, index) => rotate(index % 2)));
    expect(new Set(states.map(String))).toEqual(new Set(['waiting,signing']));
    await published(2);
    later(LEAD_MS);
    expect(await rotate()).toEqual(['waiting', 'signing', 'verifying']);
  });
});

describe('a key that is retired', () => {
  it('is gone everywhere within seconds, and a new one signs', async () => {
    const stolen = kidIn(player.tokens.accessToken);
    expect((await retire(stolen)).status).toBe(200);
    const [next] = await published(1);
    expect(next).not.toBe(stolen);
    expect(await Promise.all(BOTH.map(signingKid))).toEqual([next, next]);
  });

  it('hands over to the one that waits, where there is one', async () => {
    await rotate();
    const [waiting, stolen] = await published(2);
    await retire(stolen ?? '', 1);
    expect(await published(1)).toEqual([waiting]);
    expect(await Promise.all(BOTH.map(signingKid))).toEqual([waiting, waiting]);
  });

  it('before it ever signed leaves the one that signs alone', async () => {
    const [signing] = await published(1);
    await rotate();
    const [waiting] = await published(2);
    await retire(waiting ?? '');
    expect(await published(1)).toEqual([signing]);
  });

  it('on two instances at once has one successor', async () => {
    const stolen = kidIn(player.tokens.accessToken);
    const answers = await Promise.all([0, 1, 0, 1].map((instance) => retire(stolen, instance)));
    expect(answers.filter(({ status }) => status === 200)).not.toEqual([]);
    expect(await published(1)).not.toContain(stolen);
  });

  it('must be one that there is', async () => {
    expect((await retire('nobody')).status).toBe(404);
    await published(1);
  });
});

it('every key that is made or retired is in the audit trail', async () => {
  await rotate();
  const [, first = ''] = await published(2);
  await retire(first);
  const entries = await system.db
    .collection('audit')
    .find({ action: /signing-key/ })
    .sort({ at: 1 })
    .toArray();
  expect(entries.map(({ action }) => String(action))).toEqual([
    'make-signing-key',
    'make-signing-key',
    'retire-signing-key',
  ]);
});

it('keys are replaced with the admin token alone', async () => {
  const [kid = ''] = await published(1);
  expect((await admin('POST', '/signing-keys', 0, 'guessed')).status).toBe(401);
  expect((await admin('DELETE', `/signing-keys/${kid}`, 0, 'guessed')).status).toBe(401);
  expect(await published(1)).toEqual([kid]);
  expect(JSON.stringify(await (await admin('GET', '/signing-keys')).json())).not.toMatch(/private|"d"/i);
});

it('the key set may be kept for a minute, which is less than any key waits', async () => {
  const { headers } = await system.call('GET', '/.well-known/jwks.json', { unsigned: true });
  expect(headers.get('cache-control')).toBe('public, max-age=60');
});

it('a page whose name was made to lead to the admin port reads no keys there', async () => {
  const statusFor = async (host: string): Promise<number | undefined> => {
    const { port } = system.instances[0]?.admin.address() ?? {};
    const asked = request({ port, host: '127.0.0.1', path: '/signing-keys', headers: { host } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  expect(await statusFor('evil.example:3101')).toBe(421);
  expect(await statusFor('127.0.0.1:3101')).toBe(200);
  expect(await statusFor('auth-admin.internal')).toBe(200);
});
