import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Identity } from 'service-kit/identity';
import { staff, type CallOptions } from './call.ts';
import { PASSWORD, playerIn, randomName, register, type Player } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
let player: Player;
let guest: Player;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());
beforeEach(async () => {
  player = await register(system);
  const deviceId = `device-of-${randomName()}`.replace('.', '_');
  guest = playerIn((await system.call('POST', '/v1/auth/guest', { json: { deviceId } })).body);
});

interface Door {
  method: string;
  path: () => string;
  as: () => Partial<Identity>;
  /** A body with which nothing is wrong, and its answer. */
  valid: Record<string, string>;
  answer: number;
}

const admin = staff('ADMIN');
const name = (username: string) => ({ username, password: PASSWORD, email: 'a@example.com' });
const doors: Record<string, Door> = {
  'POST /v1/auth/guest': {
    method: 'POST',
    path: () => '/v1/auth/guest',
    as: () => ({}),
    valid: { deviceId: 'a-device-of-somebody' },
    answer: 201,
  },
  'POST /v1/auth/upgrade': {
    method: 'POST',
    path: () => '/v1/auth/upgrade',
    as: () => guest.as,
    valid: name('hostile-guest'),
    answer: 200,
  },
  'POST /v1/me/deletion': {
    method: 'POST',
    path: () => '/v1/me/deletion',
    as: () => player.as,
    valid: { password: PASSWORD },
    answer: 204,
  },
  'POST /v1/accounts': {
    method: 'POST',
    path: () => '/v1/accounts',
    as: () => admin,
    valid: { ...name('hostile-name'), displayName: 'Name' },
    answer: 201,
  },
  'PATCH /v1/accounts/{id}': {
    method: 'PATCH',
    path: () => `/v1/accounts/${player.id}`,
    as: () => admin,
    valid: { email: 'a@example.com', displayName: 'Name' },
    answer: 200,
  },
  'PUT /v1/accounts/{id}/status': {
    method: 'PUT',
    path: () => `/v1/accounts/${player.id}/status`,
    as: () => admin,
    valid: { status: 'banned', reason: 'x', until: '2126-12-08T00:00:00Z' },
    answer: 200,
  },
  'POST /v1/auth/password-reset': {
    method: 'POST',
    path: () => '/v1/auth/password-reset',
    as: () => ({}),
    valid: { token: 'rst_x', newPassword: PASSWORD },
    // Of the right form, and nobody's.
    answer: 401,
  },
};

/** Values that no field takes. */
const nowhere: unknown[] = [
  { $ne: '' },
  { $gt: '', $where: 'sleep(1000)' },
  { toString: 'x' },
  ['x'],
  [{ $ne: '' }],
  7,
  true,
  'nul\0byte-in-the-middle',
  'half \ud83d of a character',
  'x'.repeat(5_000),
];
const notIn: Record<string, unknown[]> = {
  username: [
    'cat🐈cat',
    'раypal',
    'nаme',
    'a b c',
    'a@b.example',
    'a\u202Eb',
    'a\u200Bb',
    '$ne',
    'ab',
    '../..',
  ],
  password: ['short', 'x'.repeat(129), '\u0000'.repeat(12), 'zebra\ntooth-91', ''],
  newPassword: ['short', 'x'.repeat(129), '\u0000'.repeat(12), 'zebra\ttooth-91', ''],
  email: ['home', 'a@b@c', 'a@example.com\r\nbcc: b@example.com', '🐈@example', ''],
  displayName: ['', ' ', 'a\nb', 'a\u202Eb', 'x'.repeat(65)],
  deviceId: ['short', 'with a space inside it', 'émigré-device-id-x', '🐈'.repeat(16), '{"$ne":""}aaaaaaaa'],
  status: ['deleted', 'ACTIVE', '__proto__', ''],
  reason: ['', ' ', 'a\nb', 'x'.repeat(501)],
  until: ['now', '2020-01-01', '0000-00-00T00:00:00Z', '+275760-09-13T00:00:00Z', ''],
  token: [''],
};
// A wrong password of the right form is a wrong password, not wrong input.
const isPresented = (door: string): boolean => door === 'POST /v1/me/deletion';

const fields = Object.entries(doors).flatMap(([door, { valid }]) =>
  Object.keys(valid).map((field) => [door, field] as const),
);
const wholes: [string, (valid: object) => CallOptions][] = [
  // An ADMIN may give roles, but no version with them.
  ['roles', (valid) => ({ json: { ...valid, roles: ['ADMIN'], version: 9 } })],
  [
    'what only the store knows',
    (valid) => ({ json: { ...valid, passwordHash: '', tokenVersion: 9, _id: 'x' } }),
  ],
  ['guest', (valid) => ({ json: { ...valid, guest: true } })],
  ['__proto__', (valid) => ({ raw: `{"__proto__":{"roles":["ADMIN"]},${JSON.stringify(valid).slice(1)}` })],
  ['constructor', (valid) => ({ json: { ...valid, constructor: { prototype: { roles: ['ADMIN'] } } } })],
  ['an operator', (valid) => ({ json: { ...valid, $set: { roles: ['ADMIN'] } } })],
  ['a dotted path', (valid) => ({ json: { ...valid, 'deletion.at': '2020-01-01T00:00:00Z' } })],
  ['an array', (valid) => ({ json: [valid] })],
  ['a text', () => ({ json: 'text' })],
  ['null', () => ({ json: null })],
  ['half a body', (valid) => ({ raw: JSON.stringify(valid).slice(0, -1) })],
  ['a nesting without end', () => ({ raw: '{"a":'.repeat(100_000) })],
  [
    'bytes that are no text',
    (valid) => ({ raw: JSON.stringify(valid), headers: { 'content-type': 'image/png' } }),
  ],
  ['a megabyte', (valid) => ({ json: { ...valid, x: 'x'.repeat(1_100_000) } })],
];

async function everything(): Promise<unknown> {
  const kept: Record<string, unknown> = {};
  for (const collection of ['accounts', 'devices', 'sessions', 'passwordResets', 'revocations']) {
    kept[collection] = await system.db.collection(collection).find().sort({ _id: 1 }).toArray();
  }
  return kept;
}

async function expectRefused(door: string, options: CallOptions, statuses: number[]): Promise<void> {
  const { method, path, as } = doors[door] ?? fail();
  const answer = await system.call(method, path(), { as: as(), ...options });
  const { status, headers } = answer;
  const sent = JSON.stringify(options).slice(0, 200);
  expect({ sent, status, isExpected: statuses.includes(status) }).toEqual({ sent, status, isExpected: true });
  expect(headers.get('content-type')).toBe('application/problem+json');
}

const fail = (): never => {
  throw new Error('there is no such door');
};

describe('hostile input', () => {
  it.each(fields)('of %s in %s is refused, and nothing is stored', async (door, field) => {
    const before = await everything();
    const values = [...nowhere, ...((isPresented(door) ? [] : notIn[field]) ?? [])];
    for (const value of values) {
      const isToken = field === 'token' && typeof value === 'string' && value !== '' && value.length < 256;
      const json = { ...doors[door]?.valid, [field]: value };
      await expectRefused(door, { json }, isToken ? [400, 401] : [400]);
    }
    expect(await everything()).toEqual(before);
  });

  it.each(Object.keys(doors).flatMap((door) => wholes.map(([what, make]) => [door, what, make] as const)))(
    'of %s as a body with %s is refused, and nothing is stored',
    async (door, what, make) => {
      const before = await everything();
      const statuses = what === 'a megabyte' ? [413] : what.startsWith('bytes') ? [415] : [400];
      const options = make(doors[door]?.valid ?? {});
      await expectRefused(door, options, statuses);
      expect(await everything()).toEqual(before);
    },
  );

  it.each(Object.keys(doors))('is what was wrong: %s takes the body that all began with', async (door) => {
    const { method, path, as, valid, answer } = doors[door] ?? fail();
    expect((await system.call(method, path(), { as: as(), json: valid })).status).toBe(answer);
  });

  it.each([
    '%00',
    'acc%00x',
    '%7B%22%24ne%22%3A%22%22%7D',
    '__proto__',
    '$ne',
    'x'.repeat(129),
    '%F0%9F%90%88',
  ])('in the place of an id (%s) is found nowhere', async (id) => {
    for (const [method, rest, json] of [
      ['GET', '', undefined],
      ['PATCH', '', { displayName: 'x' }],
      ['DELETE', '', undefined],
      ['POST', '/restore', undefined],
      ['DELETE', '/sessions', undefined],
      ['POST', '/password-reset', undefined],
      ['PUT', '/status', { status: 'banned', reason: 'x' }],
    ] as const) {
      const { status } = await system.call(method, `/v1/accounts/${id}${rest}`, { as: admin, json });
      expect([method, rest, [400, 404].includes(status)]).toEqual([method, rest, true]);
    }
  });

  it.each([
    ['query=%00', 400],
    ['ids=%00', 400],
    ['ids=a%00b', 400],
    ['ids[$ne]=x', 200],
    ['role[$ne]=USER', 200],
    ['role=%7B%22%24ne%22%3A%22%22%7D', 400],
    ['status=__proto__', 400],
    ['query=%F0%9F%90%88', 200],
    [`query=${'x'.repeat(65)}`, 400],
    ['cursor=%00', 400],
  ])('in a search for %s is answered %i', async (query, status) => {
    expect((await system.call('GET', `/v1/accounts?${query}`, { as: admin })).status).toBe(status);
  });
});
