import { createHmac, createPublicKey, type KeyObject } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { createAccessTokens } from './access-token.ts';
import { checkAccessToken } from './check-access-token.ts';
import { generateSigningKey, type SigningKey } from './signing-key.ts';

const key = generateSigningKey();
const stranger = generateSigningKey();
const publicOf = ({ privateKey }: SigningKey): KeyObject => createPublicKey(privateKey);
const names = { issuer: 'https://play.example.com', audience: 'laurel' };
const now = new Date('2026-12-01T00:00:00Z');
const tokens = createAccessTokens({ ...names, accessTtlMs: 600_000, signingKey: () => key });
const check = checkAccessToken({
  ...names,
  verificationKey: (kid) => (kid === key.kid ? publicOf(key) : undefined),
});
const account = { id: 'acc_1', roles: ['USER'], tokenVersion: 3 } as const;
const client = { id: 'cli_1', tokenVersion: 2 };
const genuine = (): string => tokens.sign(account, 'ses_1', now);

interface Changes {
  claims?: object;
  header?: object;
  privateKey?: KeyObject;
}

/** A token as ours are, with changes. */
function forged({ claims, header, privateKey = key.privateKey }: Changes): string {
  const iat = now.getTime() / 1_000;
  const sound = {
    iss: names.issuer,
    aud: names.audience,
    sub: 'acc_1',
    sid: 'ses_1',
    roles: ['USER'],
    ver: 3,
  };
  const whole = { ...sound, jti: 'j', iat, exp: iat + 600, ...claims };
  const given = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
  return jsonwebtoken.sign(given, privateKey, {
    algorithm: 'ES256',
    header: { alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header },
  });
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const parts = (token: string): [string, string, string] => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
};
const claimsOf = (token: string): object => jsonwebtoken.decode(token, { json: true }) ?? {};

function withHmac(secret: string): string {
  const signed = `${part({ alg: 'HS256', typ: 'at+jwt', kid: key.kid })}.${parts(genuine())[1]}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

describe('an access token', () => {
  it('of an account says who, by which session and with which roles', () => {
    expect(check(genuine(), now)).toEqual({
      of: 'account',
      accountId: 'acc_1',
      sessionId: 'ses_1',
      roles: ['USER'],
      tokenVersion: 3,
      tokenId: expect.any(String),
      issuedAt: now.getTime() / 1_000,
      expiresAt: now.getTime() / 1_000 + 600,
    });
  });

  it('of a client says who and with which scopes', () => {
    const token = tokens.signForClient(client, ['activity:write', 'claims:read'], now);
    expect(claimsOf(token)).not.toHaveProperty('roles');
    expect(check(token, now)).toMatchObject({
      of: 'client',
      clientId: 'cli_1',
      scope: 'activity:write claims:read',
      tokenVersion: 2,
    });
  });

  it('is good until its time is over', () => {
    const token = genuine();
    expect(check(token, new Date(now.getTime() + 599_000))).toBeDefined();
    expect(check(token, new Date(now.getTime() + 600_000))).toBeUndefined();
  });

  const attacks: [string, () => string][] = [
    [
      'without a signature',
      () => `${part({ alg: 'none', typ: 'at+jwt', kid: key.kid })}.${parts(genuine())[1]}.`,
    ],
    ['with the signature cut off', () => genuine().replace(/[^.]*$/, '')],
    [
      'with HS256 under the public key as PEM',
      () => withHmac(publicOf(key).export({ type: 'spki', format: 'pem' }).toString()),
    ],
    ['with HS256 under the public key as JWK', () => withHmac(JSON.stringify(key.publicJwk))],
    ['of a stranger under our kid', () => forged({ privateKey: stranger.privateKey })],
    [
      'of a stranger under their own kid',
      () => forged({ privateKey: stranger.privateKey, header: { kid: stranger.kid } }),
    ],
    ['without a kid', () => forged({ header: { kid: undefined } })],
    [
      'that brings its own key',
      () => forged({ privateKey: stranger.privateKey, header: { jwk: stranger.publicJwk, kid: undefined } }),
    ],
    ['of another issuer', () => forged({ claims: { iss: 'https://evil.example.com' } })],
    ['for another audience', () => forged({ claims: { aud: 'another' } })],
    ['of another type', () => forged({ header: { typ: 'JWT' } })],
    ['without a type', () => forged({ header: { typ: undefined } })],
    ['with an extension that must be understood', () => forged({ header: { crit: ['b64'], b64: false } })],
    ['not good yet', () => forged({ claims: { nbf: now.getTime() / 1_000 + 60 } })],
    ['that never ends', () => forged({ claims: { exp: undefined } })],
    ['with roles and a scope', () => forged({ claims: { scope: 'accounts:read' } })],
    ['with a role that there is not', () => forged({ claims: { roles: ['GOD'] } })],
    ['without a version', () => forged({ claims: { ver: undefined } })],
    [
      'with raised claims',
      () => {
        const [header, , signature] = parts(genuine());
        return [header, part({ ...claimsOf(genuine()), roles: ['ADMIN'] }), signature].join('.');
      },
    ],
    ['with something after it', () => `${genuine()}.x`],
    ['that is no token', () => 'nonsense'],
    ['that is nothing', () => ''],
  ];

  it.each(attacks)('%s is not believed', (_, forge) => {
    expect(check(forge(), now)).toBeUndefined();
  });

  it('is what those attacks would be without their one change', () => {
    expect(check(forged({}), now)).toBeDefined();
  });
});
