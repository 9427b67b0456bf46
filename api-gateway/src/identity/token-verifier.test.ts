import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  accessToken,
  AUDIENCE,
  clientToken,
  ISSUER,
  publicPem,
  signingPair,
} from '../../test/support/tokens.ts';
import { createJwksCache } from './jwks-cache.ts';
import { createTokenVerifier, type TokenVerifierDeps } from './token-verifier.ts';

const rules = { issuer: ISSUER, audience: AUDIENCE, maxLifeMs: 600_000 };
const logger = { error() {}, warn() {}, info() {}, debug() {}, child: () => logger };
const ours = signingPair('ours');
const others = signingPair('ours');

interface Given {
  keys?: object[];
  now?: () => number;
  revocations?: TokenVerifierDeps['revocations'];
}

const nothingRevoked = { loaded: () => true, isRevoked: () => false };

async function verifierWith(given: Given = {}) {
  const { keys = [ours.jwk], now = Date.now, revocations = nothingRevoked } = given;
  const jwks = createJwksCache({ fetchKeySet: async () => ({ keys }), now, logger });
  await jwks.component.start?.();
  await jwks.component.stop?.();
  return { jwks, tokens: createTokenVerifier({ jwks, revocations, rules, now, maxCached: 2 }) };
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const payload = () => accessToken(ours).split('.')[1] ?? '';

describe('a token is accepted', () => {
  it('with the claims of an account', async () => {
    const { tokens } = await verifierWith();
    const token = accessToken(ours, { claims: { roles: ['USER', 'OPERATOR'], ver: 3 } });
    expect(await tokens.verify(token)).toMatchObject({
      userId: 'acc_1',
      sessionId: 'ses_1',
      roles: ['USER', 'OPERATOR'],
      scopes: [],
      tokenVersion: 3,
      kid: 'ours',
    });
  });

  it('with the claims of a service client, which has no session', async () => {
    const { tokens } = await verifierWith();
    expect(await tokens.verify(clientToken(ours, 'activity:write claims:read'))).toMatchObject({
      userId: 'cli_1',
      sessionId: '',
      roles: [],
      scopes: ['activity:write', 'claims:read'],
    });
  });
});

describe('a token is refused', () => {
  const bad: [string, () => string][] = [
    ['of another key with the same id', () => accessToken(others)],
    ['of an unknown key', () => accessToken(ours, { header: { kid: 'unknown' } })],
    ['without a key id', () => accessToken(ours, { header: { kid: undefined } })],
    ['of another issuer', () => accessToken(ours, { claims: { iss: 'http://evil.test' } })],
    ['for another audience', () => accessToken(ours, { claims: { aud: 'another' } })],
    ['that has expired', () => accessToken(ours, { claims: { exp: Math.floor(Date.now() / 1000) - 1 } })],
    [
      'that is older than any token may be',
      () => accessToken(ours, { claims: { iat: Math.floor(Date.now() / 1000) - 601 } }),
    ],
    [
      'that is not valid yet',
      () => accessToken(ours, { claims: { nbf: Math.floor(Date.now() / 1000) + 60 } }),
    ],
    ['of the type JWT', () => accessToken(ours, { header: { typ: 'JWT' } })],
    ['of no type', () => accessToken(ours, { header: { typ: undefined } })],
    ['with a critical extension', () => accessToken(ours, { header: { crit: ['x'], x: 1 } })],
    ['with roles and scopes', () => accessToken(ours, { claims: { scope: 'activity:write' } })],
    ['with an unknown role', () => accessToken(ours, { claims: { roles: ['KING'] } })],
    ['with roles as text', () => accessToken(ours, { claims: { roles: 'ADMIN' } })],
    ['with an empty subject', () => accessToken(ours, { claims: { sub: '' } })],
    ['with neither roles nor scope', () => accessToken(ours, { without: ['roles'] })],
    ['of an account without a session', () => accessToken(ours, { without: ['sid'] })],
    ...['iss', 'aud', 'exp', 'sub', 'jti', 'ver'].map((name): [string, () => string] => [
      `without ${name}`,
      () => accessToken(ours, { without: [name] }),
    ]),
    ['with the algorithm none', () => `${part({ alg: 'none', typ: 'at+jwt', kid: 'ours' })}.${payload()}.`],
    [
      'with HS256 and the public key as the secret',
      () => {
        const content = `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'ours' })}.${payload()}`;
        return `${content}.${createHmac('sha256', publicPem(ours)).update(content).digest('base64url')}`;
      },
    ],
    ['whose signature is missing', () => accessToken(ours).split('.').slice(0, 2).join('.')],
    ['whose payload was changed', () => accessToken(ours).replace(/\.[^.]+\./, `.${part({ sub: 'evil' })}.`)],
    ['that is no token', () => 'hello'],
    ['that is dots', () => '..'],
    ['that is JSON', () => `${part({})}.${part({})}.${part({})}`],
  ];

  it.each(bad)('%s', async (_what, make) => {
    const { tokens } = await verifierWith();
    const token = make();
    expect(await tokens.verify(token)).toBeUndefined();
    expect(tokens.recall(token)).toBeUndefined();
  });
});

describe('a verified token is cached', () => {
  it('until it expires', async () => {
    let now = Date.now();
    const { tokens } = await verifierWith({ now: () => now });
    const token = accessToken(ours, { claims: { exp: Math.floor(now / 1000) + 60 } });
    expect(tokens.recall(token)).toBeUndefined();
    await tokens.verify(token);
    expect(tokens.recall(token)?.userId).toBe('acc_1');
    now += 61_000;
    expect(tokens.recall(token)).toBeUndefined();
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it('for no longer than the longest life, whatever its exp', async () => {
    let now = Date.now();
    const { tokens } = await verifierWith({ now: () => now });
    const token = accessToken(ours, { claims: { exp: Math.floor(now / 1000) + 86_400 } });
    expect(await tokens.verify(token)).toBeDefined();
    now += 601_000;
    expect(tokens.recall(token)).toBeUndefined();
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it('until it is revoked', async () => {
    const revoked = new Set<string>();
    const isRevoked = ({ sessionId }: { sessionId: string }) => revoked.has(sessionId);
    const { tokens } = await verifierWith({ revocations: { loaded: () => true, isRevoked } });
    const token = accessToken(ours);
    const other = accessToken(ours, { claims: { sid: 'ses_2' } });
    for (const each of [token, other]) expect(await tokens.verify(each)).toBeDefined();
    revoked.add('ses_1');
    expect(tokens.recall(token)).toBeUndefined();
    expect(await tokens.verify(token)).toBeUndefined();
    expect(tokens.recall(token)).toBeUndefined();
    expect(tokens.recall(other)).toBeDefined();
  });

  it('until its key is withdrawn', async () => {
    const keys = [ours.jwk];
    const { jwks, tokens } = await verifierWith({ keys });
    const token = accessToken(ours);
    await tokens.verify(token);
    keys.splice(0, 1, signingPair('next').jwk);
    await jwks.component.start?.();
    await jwks.component.stop?.();
    expect(tokens.recall(token)).toBeUndefined();
  });

  it('and dropped when the cache is full', async () => {
    const { tokens } = await verifierWith();
    const three = [accessToken(ours), accessToken(ours), accessToken(ours)];
    for (const token of three) await tokens.verify(token);
    expect(three.map((token) => tokens.recall(token) !== undefined)).toEqual([false, true, true]);
  });
});

it.each<[string, Given]>([
  ['keys', { keys: [] }],
  ['revocations', { revocations: { loaded: () => false, isRevoked: () => false } }],
])('the verifier is not ready before %s were loaded', async (_what, given) => {
  const { tokens } = await verifierWith(given);
  expect(tokens.ready()).toBe(false);
  expect((await verifierWith()).tokens.ready()).toBe(true);
});
