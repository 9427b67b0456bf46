import type { KeyObject } from 'node:crypto';
import type { Module, Platform } from 'service-kit/service';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Audit } from '../audit/audit.ts';
import type { Limits } from '../limits/limits.ts';
import { ACCOUNTS } from '../messaging/exchanges.ts';
import type { PasswordsModule } from '../passwords/module.ts';
import type { AccessTokens } from '../tokens/access-token.ts';
import { authRoutes } from './auth-routes.ts';
import { createDeadSessions } from './dead-sessions.ts';
import { createEndSessions, type EndSessions } from './end-sessions.ts';
import { createEndedSessionStore, endedSessionIndexes } from './ended-session-store.ts';
import { internalRoutes } from './internal-routes.ts';
import { logIn, type LogIn } from './log-in.ts';
import { endAllSessions, endSession, logOut, type EndAllSessions } from './log-out.ts';
import { createLogins } from './logins.ts';
import { readRevocations } from './read-revocations.ts';
import { refreshSession, type RefreshSession } from './refresh-session.ts';
import { createRefreshTokens, type RefreshTokens } from './refresh-token.ts';
import { registerAccount } from './register-account.ts';
import { removeEndedSessions } from './remove-ended-sessions.ts';
import { createRevocationStore, revocationIndexes } from './revocation-store.ts';
import { createRevoke, type Revoke } from './revoke.ts';
import { createRotations } from './rotations.ts';
import { createSessionCap, type CapSessions } from './session-cap.ts';
import { createSessionIssuer, type SessionIssuer } from './session-issuer.ts';
import { sessionRoutes } from './session-routes.ts';
import { createSessionStore, sessionIndexes, type SessionStore } from './session-store.ts';

/** Revocations in one answer to a gateway; it asks again at once while there are more. */
const REVOCATIONS_PAGE = 5_000;

/** The parts of sessions that the features above use. */
export interface SessionsModule extends Module {
  sessions: SessionStore;
  issuer: SessionIssuer;
  refreshTokens: RefreshTokens;
  revoke: Revoke;
  endSessions: EndSessions;
  endAllSessions: EndAllSessions;
  capSessions: CapSessions;
  logIn: LogIn;
  refreshSession: RefreshSession;
}

export interface SessionsNeeds {
  audit: Audit;
  accounts: AccountStore;
  passwords: PasswordsModule;
  limits: Limits;
  accessTokens: AccessTokens;
  /** Under which refresh tokens are hashed. */
  refreshTokenKey: KeyObject;
  settings: { accessTtlMs: number; refreshTtlMs: number; perAccount: number };
}

/** Sessions: opened by a registration or a login, kept alive by refreshes, ended by revocations. */
export function createSessions(platform: Platform, needs: SessionsNeeds): SessionsModule {
  const { db, redis, transact, clock, newId, logger, metrics } = platform;
  const { audit, accounts, passwords, limits, accessTokens, refreshTokenKey, settings } = needs;
  const { audited } = audit;
  const { hasher, assertHardToGuess } = passwords;
  const { checkPassword, countNewAccount, countNewSession } = limits;
  const { accessTtlMs, refreshTtlMs, perAccount } = settings;
  const sessions = createSessionStore(db);
  const endedSessions = createEndedSessionStore(db);
  const revocations = createRevocationStore(db);

  const refreshTokens = createRefreshTokens(refreshTokenKey);
  const issuer = createSessionIssuer({ refreshTokens, accessTokens, refreshTtlMs, newId });
  const revoke = createRevoke({ revocations, accessTtlMs, clock });
  const deadSessions = createDeadSessions(redis.client);
  const endSessions = createEndSessions({ sessions, endedSessions, deadSessions, revoke, clock });
  const capSessions = createSessionCap(
    { sessions, deadSessions, revoke, transact, clock, metrics, logger },
    { perAccount, accessTtlMs },
  );
  const logins = createLogins({ accounts, sessions, audit, transact, metrics });
  const rotations = createRotations({ sessions, accounts, metrics });
  const login = logIn({
    accounts,
    logins,
    issuer,
    checkPassword,
    countNewSession,
    capSessions,
    audited,
    clock,
  });
  const refresh = refreshSession({
    accounts,
    sessions,
    rotations,
    endSessions,
    deadSessions,
    audit,
    transact,
    refreshTokens,
    issuer,
    clock,
    logger,
  });

  return {
    sessions,
    issuer,
    refreshTokens,
    revoke,
    endSessions,
    endAllSessions: endAllSessions({ accounts, endSessions, audited, transact }),
    capSessions,
    logIn: login,
    refreshSession: refresh,
    endpoints: [
      ...authRoutes({
        registerAccount: registerAccount({
          accounts,
          sessions,
          issuer,
          hasher,
          countNewAccount,
          assertHardToGuess,
          audited,
          transact,
          newId,
          clock,
        }),
        logIn: login,
        refreshSession: refresh,
        logOut: logOut({ accounts, endSessions, audited, transact }),
      }),
      ...sessionRoutes({
        accounts,
        sessions,
        endSession: endSession({ endSessions, audited, transact }),
        clock,
      }),
      ...internalRoutes({
        accounts,
        readRevocations: readRevocations({ revocations, pageSize: REVOCATIONS_PAGE, clock }),
      }),
    ],
    exchanges: [ACCOUNTS],
    jobs: [
      {
        name: 'removal of ended sessions',
        everyMs: 500,
        run: removeEndedSessions({ sessions, endedSessions, metrics }),
      },
    ],
    indexes: [...sessionIndexes, ...endedSessionIndexes, ...revocationIndexes],
  };
}
