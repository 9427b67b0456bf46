import { createPublicKey } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { createAccessTokens } from './access-token.ts';
import { generateSigningKey } from './signing-key.ts';

const key = generateSigningKey();
const accessTokens = createAccessTokens({
  issuer: 'https://play.example.com',
  audience: 'laurel',
  accessTtlMs: 600_000,
  signingKey: () => key,
});
const now = new Date('2026-12-01T00:00:00.900Z');
const sign = (): string =>
  accessTokens.sign({ id: 'acc_1', roles: ['USER', 'OPERATOR'], tokenVersion: 3 }, 'ses_1', now);

describe('an access token', () => {
  it('says who, by which login, with which roles, for whom and until when', () => {
    const verified = jsonwebtoken.verify(
      sign(),
      createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' }),
      {
        algorithms: ['ES256'],
        issuer: 'https://play.example.com',
        audience: 'laurel',
        clockTimestamp: now.getTime() / 1_000,
        complete: true,
      },
    );
    expect(verified.header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: key.kid });
    expect(verified.payload).toEqual({
      iss: 'https://play.example.com',
      aud: 'laurel',
      sub: 'acc_1',
      sid: 'ses_1',
      roles: ['USER', 'OPERATOR'],
      ver: 3,
      jti: expect.any(String),
      iat: 1_796_083_200,
      exp: 1_796_083_800,
    });
  });

  it('is never the same twice', () => {
    const ids = [sign(), sign()].map((token) => jsonwebtoken.decode(token, { json: true })?.jti);
    expect(new Set(ids).size).toBe(2);
  });
});
