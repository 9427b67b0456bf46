import type { RequestOrigin } from 'service-kit/audit';
import type { Account, TokenHolder } from '../accounts/account.ts';
import type { NewId } from 'service-kit/service';
import type { AccessTokens } from '../tokens/access-token.ts';
import { hashOf, type RefreshToken, type RefreshTokens } from './refresh-token.ts';
import type { Session } from './session.ts';

/** What a client gets at login and at each refresh. */
export interface Tokens {
  accessToken: string;
  refreshToken: string;
  tokenType: 'Bearer';
  /** Life of the access token, in seconds. */
  expiresIn: number;
}

export interface SessionIssuer {
  /** A new session with its first refresh token; nothing is stored yet. */
  open(
    account: Pick<Account, 'id' | 'sessionEpoch'>,
    origin: RequestOrigin,
    now: Date,
  ): { session: Session; refreshToken: RefreshToken };
  tokensFor(account: TokenHolder, refreshToken: RefreshToken, now: Date): Tokens;
  /** When a session ends unless it is refreshed before. */
  expiryFrom(now: Date): Date;
}

export interface SessionIssuerOptions {
  refreshTokens: RefreshTokens;
  accessTokens: AccessTokens;
  /** How long a session lives without a refresh, in milliseconds. */
  refreshTtlMs: number;
  newId: NewId;
}

export function createSessionIssuer(options: SessionIssuerOptions): SessionIssuer {
  const { refreshTokens, accessTokens, refreshTtlMs, newId } = options;
  const expiryFrom = (now: Date): Date => new Date(now.getTime() + refreshTtlMs);

  return {
    expiryFrom,
    open: ({ id: accountId, sessionEpoch }, origin, now) => {
      const id = newId('ses');
      const refreshToken = refreshTokens.first(id);
      const session: Session = {
        id,
        accountId,
        epoch: sessionEpoch,
        kept: null,
        generation: refreshToken.generation,
        tokenHash: hashOf(refreshToken),
        rotatedAt: now,
        createdAt: now,
        lastUsedAt: now,
        expiresAt: expiryFrom(now),
        revokedAt: null,
        revokedBecause: null,
        device: origin.device,
        address: origin.address,
      };
      return { session, refreshToken };
    },
    tokensFor: (account, refreshToken, now) => ({
      accessToken: accessTokens.sign(account, refreshToken.sessionId, now),
      refreshToken: refreshToken.text,
      tokenType: 'Bearer',
      expiresIn: accessTokens.ttlSeconds,
    }),
  };
}
