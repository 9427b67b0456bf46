import { randomUUID } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { Account } from '../accounts/account.ts';
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
}

/** Access tokens in the form of RFC 9068: ES256, type `at+jwt`, and the account's `roles` and token version `ver`. */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { issuer, audience } = options;
  const ttlSeconds = Math.floor(options.accessTtlMs / 1_000);

  return {
    ttlSeconds,
    sign: (account, sessionId, now) => {
      const { kid, privateKey } = options.signingKey();
      const iat = Math.floor(now.getTime() / 1_000);
      const claims = {
        iss: issuer,
        aud: audience,
        sub: account.id,
        sid: sessionId,
        roles: account.roles,
        ver: account.tokenVersion,
        jti: randomUUID(),
        iat,
        exp: iat + ttlSeconds,
      };
      return jsonwebtoken.sign(claims, privateKey, {
        algorithm: 'ES256',
        header: { alg: 'ES256', typ: 'at+jwt', kid },
      });
    },
  };
}
