import { Counter, type Registry } from '@prometheus-io/client';
import type { Logger } from 'service-kit/logging';
import type { Clock } from 'service-kit/service';
import type { Revoke } from './revoke.ts';
import type { Transact } from '../database/transact.ts';
import type { DeadSessions } from './dead-sessions.ts';
import type { SessionOwner } from './session-documents.ts';
import type { SessionStore } from './session-store.ts';

/** Ends the oldest sessions of an account that has too many, and their access tokens. */
export type CapSessions = (account: SessionOwner, traceparent?: string) => Promise<void>;

export interface SessionCapDeps {
  sessions: Pick<SessionStore, 'idsBeyond' | 'remove'>;
  deadSessions: Pick<DeadSessions, 'remember'>;
  revoke: Revoke;
  transact: Transact;
  clock: Clock;
  metrics: Registry;
  logger: Logger;
}

/** How far the clocks of two instances may differ. */
const SKEW_MS = 60_000;

/** Ended at a time: only an account from before there was a cap has so many, and the next login ends more of them. */
const BATCH = 100;

/**
 * Runs after a session was opened, and in no transaction with it: logins that share one need not wait for it, and each
 * counts what all of them have opened. Should it fail, the next login makes up for it.
 *
 * @param settings.perAccount live sessions that an account may have
 * @param settings.accessTtlMs life of an access token, in milliseconds
 */
export function createSessionCap(
  deps: SessionCapDeps,
  { perAccount, accessTtlMs }: { perAccount: number; accessTtlMs: number },
): CapSessions {
  const { sessions, deadSessions, revoke, transact, clock, metrics, logger } = deps;
  const ended = new Counter({
    name: 'auth_sessions_over_cap_total',
    help: 'Sessions that were ended because their account had opened too many newer ones',
    registers: [metrics],
  });

  async function endOldest(account: SessionOwner, traceparent: string | undefined): Promise<void> {
    const sessionIds = await sessions.idsBeyond(account, perAccount, BATCH);
    if (sessionIds.length === 0) return;
    const since = new Date(clock().getTime() - accessTtlMs - SKEW_MS);
    await transact(async (tx) => {
      const recent = await sessions.remove(sessionIds, since, tx.session);
      // The access tokens of the others have expired.
      if (recent.length > 0) await revoke({ accountId: account.id, sessionIds: recent }, tx, traceparent);
      tx.afterCommit(() => {
        ended.inc(sessionIds.length);
        return deadSessions.remember(sessionIds);
      });
    });
  }

  return (account, traceparent) =>
    endOldest(account, traceparent).catch((error: unknown) => {
      logger.warn('The oldest sessions of an account could not be ended', { accountId: account.id, error });
    });
}
