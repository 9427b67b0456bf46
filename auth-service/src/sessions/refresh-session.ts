import type { RequestOrigin } from 'service-kit/audit';
import type { Logger } from 'service-kit/logging';
import { randomUUID } from 'node:crypto';
import type { AccountStore } from '../accounts/account-store.ts';
import type { TokenHolder } from '../accounts/account.ts';
import type { Audit } from '../audit/audit.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import type { Clock } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import type { Transact } from '../database/transact.ts';
import type { DeadSessions } from './dead-sessions.ts';
import { judgeReplacedToken } from './refresh-decision.ts';
import type { RefreshToken, RefreshTokens } from './refresh-token.ts';
import type { EndSessions } from './end-sessions.ts';
import type { SessionIssuer, Tokens } from './session-issuer.ts';
import type { Rotations } from './rotations.ts';
import type { SessionStore } from './session-store.ts';
import { isOfEpoch, type Session } from './session.ts';

export type RefreshSession = (refreshToken: string, origin: RequestOrigin) => Promise<Tokens>;

export interface RefreshSessionDeps {
  accounts: AccountStore;
  sessions: Pick<SessionStore, 'findDurable' | 'find'>;
  rotations: Pick<Rotations, 'submit'>;
  endSessions: EndSessions;
  deadSessions: Pick<DeadSessions, 'has' | 'remember'>;
  audit: Pick<Audit, 'refused'>;
  transact: Transact;
  refreshTokens: RefreshTokens;
  issuer: SessionIssuer;
  clock: Clock;
  logger: Logger;
}

/**
 * Replaces a refresh token by its successor. Parallel requests with one token get the same successor for ten
 * seconds; a token that comes back later, or whose successor was replaced as well, ends its session.
 */
export function refreshSession(deps: RefreshSessionDeps): RefreshSession {
  const {
    accounts,
    sessions,
    rotations,
    endSessions,
    deadSessions,
    refreshTokens,
    issuer,
    audit,
    transact,
    clock,
    logger,
  } = deps;

  return async (text, origin) => {
    const presented = refreshTokens.read(text);
    if (!presented) throw refusal('invalid_refresh_token');
    const successor = refreshTokens.successorOf(presented);
    const now = clock();
    const expiresAt = issuer.expiryFrom(now);
    const id = randomUUID();
    const account =
      (await rotations.submit({ id, presented, successor, origin, now, expiresAt })) ??
      (await repeated(presented, successor, origin, now));
    if (account?.status !== 'active') throw refusal('invalid_refresh_token');
    return issuer.tokensFor(account, successor, now);
  };

  /** @returns undefined when the session was ended with all others of its account */
  async function holderOf(session: Session): Promise<TokenHolder | undefined> {
    const account = await accounts.find(session.accountId);
    if (!account || isOfEpoch(session, account)) return account;
    // It may have been kept between the two reads, while the others ended.
    const now = await sessions.find(session.id);
    if (now && isOfEpoch(now, account)) return account;
    // While Redis is unavailable, the end is not remembered, and the next request reads the database again.
    await deadSessions.remember([session.id]).catch(() => undefined);
    return undefined;
  }

  async function repeated(
    presented: RefreshToken,
    successor: RefreshToken,
    origin: RequestOrigin,
    now: Date,
  ): Promise<TokenHolder | undefined> {
    // A read that is sure costs a round trip to a majority; the dead need none.
    if (await deadSessions.has(presented.sessionId)) return undefined;
    const found = await sessions.findDurable(presented.sessionId);
    const account = found && (await holderOf(found));
    const session = account && found;
    const decision = judgeReplacedToken(session, presented, successor, now);
    if (session && decision === 'reuse') {
      const { id, accountId } = session;
      const { traceparent } = origin;
      const because = 'refresh_token_reuse';
      const attempt = { action: 'refresh-session', by: somebodyAt(origin), accountId } as const;
      await transact(async (tx) => {
        await endSessions.one({ id, accountId, because, traceparent }, tx);
        await audit.refused({ ...attempt, details: { sessionId: id } }, because, tx);
      });
      logger.warn('A replaced refresh token came back; its session was ended', {
        accountId: session.accountId,
        sessionId: session.id,
        presentedGeneration: presented.generation,
        headGeneration: session.generation,
        clientAddress: origin.address,
        traceparent: origin.traceparent,
      });
    }
    return decision === 'repeat' ? account : undefined;
  }
}
