import type { KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { type Role, roles } from 'service-kit/identity';
import { z } from 'zod';

/**
 * The content of a verified access token. Tokens of accounts have roles, tokens of service clients have scopes.
 */
export interface AccessToken {
  kid: string;
  /** Account id or client id. */
  userId: string;
  /** Empty for a service client: it has no sessions. */
  sessionId: string;
  roles: Role[];
  scopes: string[];
  tokenVersion: number;
  /** Unix seconds. */
  issuedAt: number;
  /** Unix seconds. At most `maxLifeMs` after `issuedAt`. */
  expiresAt: number;
}

export interface TokenRules {
  issuer: string;
  audience: string;
  /** Longest life in milliseconds, whatever `exp` says. A revocation is remembered for as long. */
  maxLifeMs: number;
}

const tokenHeader = z.object({
  alg: z.literal('ES256'),
  // RFC 9068: an ID token or a refresh token is not an access token.
  typ: z.string().regex(/^(application\/)?at\+jwt$/i),
  kid: z.string().min(1).max(200),
  // RFC 7515, 4.1.11: critical extensions. None is supported.
  crit: z.undefined().optional(),
});

const common = {
  sub: z.string().min(1),
  jti: z.string().min(1),
  iat: z.number(),
  exp: z.number(),
  ver: z.number().int().nonnegative(),
};
const accountClaims = z.object({
  ...common,
  sid: z.string().min(1),
  roles: z.array(z.enum(roles)),
  scope: z.undefined().optional(),
});
const clientClaims = z.object({
  ...common,
  scope: z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$|^$/),
  roles: z.undefined().optional(),
});

/** The `kid` of a token, before anything is verified. Undefined if the token is not one of ours. */
export function keyIdOf(token: string): string | undefined {
  try {
    const parsed = tokenHeader.safeParse(jwt.decode(token, { complete: true })?.header);
    return parsed.success ? parsed.data.kid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Checks signature, algorithm, issuer, audience, times and shape.
 *
 * @param nowMs unix milliseconds
 * @returns undefined for an invalid token, whatever the reason
 */
export function checkAccessToken(
  token: string,
  kid: string,
  key: KeyObject,
  rules: TokenRules,
  nowMs: number,
): AccessToken | undefined {
  let payload: unknown;
  try {
    payload = jwt.verify(token, key, {
      algorithms: ['ES256'],
      issuer: rules.issuer,
      audience: rules.audience,
      clockTimestamp: Math.floor(nowMs / 1000),
    });
  } catch {
    return undefined;
  }
  const account = accountClaims.safeParse(payload);
  const client = account.success ? undefined : clientClaims.safeParse(payload);
  const claims = account.data ?? client?.data;
  if (!claims) return undefined;
  const expiresAt = Math.min(claims.exp, claims.iat + rules.maxLifeMs / 1000);
  if (expiresAt * 1000 <= nowMs) return undefined;
  return {
    kid,
    userId: claims.sub,
    sessionId: account.data?.sid ?? '',
    roles: account.data?.roles ?? [],
    scopes: client?.data?.scope.split(' ').filter((scope) => scope !== '') ?? [],
    tokenVersion: claims.ver,
    issuedAt: claims.iat,
    expiresAt,
  };
}

/** The token of an Authorization header (RFC 6750, 2.1). */
export function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.charCodeAt(6) !== 0x20 || authorization.slice(0, 6).toLowerCase() !== 'bearer')
    return undefined;
  const token = authorization.slice(7).trim();
  return token === '' ? undefined : token;
}
