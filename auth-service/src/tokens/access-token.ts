import { randomUUID } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { Account } from '../accounts/account.ts';
import type { Scope } from './scope.ts';
import type { SigningKey } from './signing-key.ts';

export interface AccessTokenOptions {
  /** `iss`: this installation's public URL, never a request's `Host`. */
  issuer: string;
  audience: string;
  /** Life of a token, in milliseconds. */
  accessTtlMs: number;
  /** The key to sign with, asked for at each token. */
  signingKey(): SigningKey;
}

export interface AccessTokens {
  ttlSeconds: number;
  sign(account: Pick<Account, 'id' | 'roles' | 'tokenVersion'>, sessionId: string, now: Date): string;
  signForClient(client: { id: string; tokenVersion: number }, scopes: readonly Scope[], now: Date): string;
}

/**
 * Access tokens in the form of RFC 9068: ES256, type `at+jwt`, and the token version `ver`. Those of accounts carry
 * `roles` and the session, those of service clients `scope`, and never both.
 */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { issuer, audience } = options;
  const ttlSeconds = Math.floor(options.accessTtlMs / 1_000);

  function sign(claims: object, now: Date): string {
    const { kid, privateKey } = options.signingKey();
    const iat = Math.floor(now.getTime() / 1_000);
    const whole = { iss: issuer, aud: audience, ...claims, jti: randomUUID(), iat, exp: iat + ttlSeconds };
    return jsonwebtoken.sign(whole, privateKey, {
      algorithm: 'ES256',
      header: { alg: 'ES256', typ: 'at+jwt', kid },
    });
  }

  return {
    ttlSeconds,
    sign: ({ id, roles, tokenVersion }, sessionId, now) =>
      sign({ sub: id, sid: sessionId, roles, ver: tokenVersion }, now),
    signForClient: ({ id, tokenVersion }, scopes, now) =>
      sign({ sub: id, scope: scopes.join(' '), ver: tokenVersion }, now),
  };
}
