import type { Role } from 'service-kit/identity';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import type { ClientStore } from './client-store.ts';
import type { ServiceClient } from './client.ts';
import type { Clock } from 'service-kit/service';
import { hashOf, type RefreshTokens } from '../sessions/refresh-token.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { isLive, isOfEpoch, minTokenVersion, type Session } from '../sessions/session.ts';
import type { CheckAccessToken, CheckedToken } from '../tokens/check-access-token.ts';

/** RFC 7662, section 2.2, with the owner and the use of the token. About an inactive token it says nothing. */
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

export interface IntrospectTokenDeps {
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
export function introspectToken(deps: IntrospectTokenDeps): IntrospectToken {
  const { accounts, clients, sessions, refreshTokens, checkAccessToken, issuer, audience, clock } = deps;

  /** The account is read first: a session that is kept while the others end is kept when it is read after it. */
  async function liveSession(
    accountId: string,
    id: string,
    now: Date,
  ): Promise<{ account: Account; session: Session } | undefined> {
    const account = await accounts.find(accountId);
    if (account?.status !== 'active') return undefined;
    const session = await sessions.find(id);
    return session && isLive(session, now) && isOfEpoch(session, account) ? { account, session } : undefined;
  }

  /** @returns the version that the token must have at least; undefined when nothing that it stands for lives */
  async function minVersionOf(token: CheckedToken, now: Date): Promise<number | undefined> {
    if (token.of === 'client') return (await clients.find(token.clientId))?.tokenVersion;
    const live = await liveSession(token.accountId, token.sessionId, now);
    return live && minTokenVersion(live.session, live.account);
  }

  async function introspectAccess(token: CheckedToken, now: Date): Promise<Introspection> {
    const minVersion = await minVersionOf(token, now);
    if (minVersion === undefined || token.tokenVersion < minVersion) return INACTIVE;
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
    const found = token && (await sessions.find(token.sessionId));
    const live = found && (await liveSession(found.accountId, found.id, now));
    if (!token || !live || live.session.tokenHash !== hashOf(token)) return INACTIVE;
    const { account, session } = live;
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
