import type { Role } from 'service-kit/identity';
import type { AccountStore } from '../accounts/account-store.ts';
import type { ClientStore } from '../clients/client-store.ts';
import type { ServiceClient } from '../clients/client.ts';
import type { Clock } from '../clock.ts';
import { hashOf, type RefreshTokens } from '../sessions/refresh-token.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { isLive, type Session } from '../sessions/session.ts';
import type { CheckAccessToken, CheckedToken } from '../tokens/check-access-token.ts';

/** RFC 7662, section 2.2, and whose token of which use it is. Of a token that is not active nothing is said. */
export type Introspection =
  | { active: false }
  | {
      active: true;
      /** So that nobody takes a refresh token for an access token because it is active. */
      token_use: 'access_token' | 'refresh_token';
      token_type?: 'Bearer';
      iss: string;
      aud?: string;
      sub: string;
      client_id?: string;
      sid?: string;
      roles?: readonly Role[];
      scope?: string;
      jti?: string;
      /** Unix seconds. */
      iat: number;
      /** Unix seconds. */
      exp: number;
    };

/** @param by the client that asks, once it has authenticated itself */
export type IntrospectToken = (
  token: string,
  by: Pick<ServiceClient, 'id' | 'scopes'>,
) => Promise<Introspection>;

export interface IntrospectTokenDependencies {
  accounts: Pick<AccountStore, 'find'>;
  clients: Pick<ClientStore, 'find'>;
  sessions: Pick<SessionStore, 'find'>;
  refreshTokens: Pick<RefreshTokens, 'read'>;
  checkAccessToken: CheckAccessToken;
  issuer: string;
  audience: string;
  clock: Clock;
}

const INACTIVE = { active: false } as const;

/**
 * Tells whether a token is good at this moment: by what is stored, not by what the token says alone. A client may ask
 * about the tokens that were issued to it; about others it needs the scope `tokens:introspect`. Without it the answer
 * is the one for a token that is not active (RFC 7662, section 2.2), so that nobody learns whether the token is good.
 */
export function introspectToken(dependencies: IntrospectTokenDependencies): IntrospectToken {
  const { accounts, clients, sessions, refreshTokens, checkAccessToken, issuer, audience, clock } =
    dependencies;

  async function liveSession(id: string, now: Date): Promise<Session | undefined> {
    const session = await sessions.find(id);
    return session && isLive(session, now) ? session : undefined;
  }

  /** @returns the version that the tokens of the living account or client must have at least */
  async function versionOfOwner(token: CheckedToken): Promise<number | undefined> {
    if (token.of === 'client') return (await clients.find(token.clientId))?.tokenVersion;
    const account = await accounts.find(token.accountId);
    return account?.status === 'active' ? account.tokenVersion : undefined;
  }

  async function introspectAccess(token: CheckedToken, now: Date): Promise<Introspection> {
    const version = await versionOfOwner(token);
    if (version === undefined || token.tokenVersion < version) return INACTIVE;
    if (token.of === 'account' && !(await liveSession(token.sessionId, now))) return INACTIVE;
    const whose =
      token.of === 'client'
        ? { sub: token.clientId, client_id: token.clientId, scope: token.scope }
        : { sub: token.accountId, sid: token.sessionId, roles: token.roles };
    return {
      active: true,
      token_use: 'access_token',
      token_type: 'Bearer',
      iss: issuer,
      aud: audience,
      ...whose,
      jti: token.tokenId,
      iat: token.issuedAt,
      exp: token.expiresAt,
    };
  }

  /** Only the head of its session: a replaced one may still be answered, but no longer stands for anything. */
  async function introspectRefresh(text: string, now: Date): Promise<Introspection> {
    const token = refreshTokens.read(text);
    const session = token && (await liveSession(token.sessionId, now));
    if (!session || session.tokenHash !== hashOf(token)) return INACTIVE;
    const account = await accounts.find(session.accountId);
    if (account?.status !== 'active') return INACTIVE;
    return {
      active: true,
      token_use: 'refresh_token',
      iss: issuer,
      sub: account.id,
      sid: session.id,
      iat: unixSeconds(session.rotatedAt),
      exp: unixSeconds(session.expiresAt),
    };
  }

  return async (text, by) => {
    const now = clock();
    const token = checkAccessToken(text, now);
    const isOwn = token?.of === 'client' && token.clientId === by.id;
    if (!isOwn && !by.scopes.includes('tokens:introspect')) return INACTIVE;
    return token ? introspectAccess(token, now) : introspectRefresh(text, now);
  };
}

const unixSeconds = (date: Date): number => Math.floor(date.getTime() / 1_000);
