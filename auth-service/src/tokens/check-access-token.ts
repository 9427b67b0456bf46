import type { KeyObject } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { roles, type Role } from 'service-kit/identity';
import { z } from 'zod';

interface CheckedClaims {
  tokenId: string;
  tokenVersion: number;
  /** Unix seconds. */
  issuedAt: number;
  /** Unix seconds. */
  expiresAt: number;
}

/** What a genuine access token says. Whether its session still lives is another question. */
export type CheckedToken = CheckedClaims &
  (
    | { of: 'account'; accountId: string; sessionId: string; roles: Role[] }
    | { of: 'client'; clientId: string; scope: string }
  );

export interface CheckAccessTokenOptions {
  issuer: string;
  audience: string;
  /** The key that verifies what `kid` signed; undefined when no such token can be good. */
  verificationKey(kid: string): KeyObject | undefined;
}

/** @returns undefined for anything that is not a valid access token of ours, for any reason */
export type CheckAccessToken = (token: string, now: Date) => CheckedToken | undefined;

const Header = z.object({
  alg: z.literal('ES256'),
  // RFC 9068, section 4: another kind of JWT must not pass for an access token.
  typ: z.string().regex(/^(application\/)?at\+jwt$/i),
  kid: z.string().min(1).max(200),
  // RFC 7515, section 4.1.11: an extension that must be understood, and none is.
  crit: z.undefined().optional(),
});
const common = { sub: z.string(), jti: z.string(), ver: z.int(), iat: z.int(), exp: z.int() };
const AccountClaims = z.object({
  ...common,
  sid: z.string(),
  roles: z.array(z.enum(roles)),
  scope: z.undefined().optional(),
});
const ClientClaims = z.object({ ...common, scope: z.string(), roles: z.undefined().optional() });

/** Checks signature, algorithm, type, issuer, audience, times and shape. */
export function checkAccessToken(options: CheckAccessTokenOptions): CheckAccessToken {
  const { issuer, audience } = options;

  /** The key that a token names, before anything about it is believed. */
  function keyOf(token: string): KeyObject | undefined {
    const header = Header.safeParse(jsonwebtoken.decode(token, { complete: true })?.header);
    return header.success ? options.verificationKey(header.data.kid) : undefined;
  }

  return (token, now) => {
    try {
      const key = keyOf(token);
      if (!key) return undefined;
      const clockTimestamp = Math.floor(now.getTime() / 1_000);
      return checkedClaims(
        jsonwebtoken.verify(token, key, { algorithms: ['ES256'], issuer, audience, clockTimestamp }),
      );
    } catch {
      return undefined;
    }
  };
}

function checkedClaims(payload: unknown): CheckedToken | undefined {
  const account = AccountClaims.safeParse(payload);
  if (account.success) {
    const { sub, sid, roles: held } = account.data;
    return { of: 'account', accountId: sub, sessionId: sid, roles: held, ...timesOf(account.data) };
  }
  const client = ClientClaims.safeParse(payload);
  if (!client.success) return undefined;
  const { sub, scope } = client.data;
  return { of: 'client', clientId: sub, scope, ...timesOf(client.data) };
}

type Common = Pick<z.infer<typeof ClientClaims>, 'jti' | 'ver' | 'iat' | 'exp'>;

function timesOf({ jti, ver, iat, exp }: Common): CheckedClaims {
  return { tokenId: jti, tokenVersion: ver, issuedAt: iat, expiresAt: exp };
}
