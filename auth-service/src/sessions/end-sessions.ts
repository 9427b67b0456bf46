import type { SessionsEnded } from '../accounts/account.ts';
import type { Clock } from 'service-kit/service';
import type { Revoke } from './revoke.ts';
import type { Transaction } from '../database/transact.ts';
import type { DeadSessions } from './dead-sessions.ts';
import type { EndedSessionStore } from './ended-session-store.ts';
import type { SessionStore } from './session-store.ts';
import type { RevocationReason } from './session.ts';

/** Ends sessions together with their access tokens, in the caller's transaction. */
export interface EndSessions {
  /** @returns false when the account has no such session, live or dead */
  one(
    ending: { id: string; accountId: string; because: RevocationReason; traceparent?: string },
    tx: Transaction,
  ): Promise<boolean>;
  /**
   * Finishes the end of all sessions after an account has raised its epoch: it publishes the revocation and schedules
   * the removal. It is as much work for one session as for a million.
   *
   * @param ended the account as it is stored now
   * @param except the session that lives on, with the access token that it has
   */
  all(
    ended: SessionsEnded,
    how: { except?: string | undefined; traceparent?: string },
    tx: Transaction,
  ): Promise<void>;
}

export function createEndSessions(deps: {
  sessions: Pick<SessionStore, 'revokeOne' | 'keep'>;
  endedSessions: Pick<EndedSessionStore, 'add'>;
  deadSessions: Pick<DeadSessions, 'remember'>;
  revoke: Revoke;
  clock: Clock;
}): EndSessions {
  const { sessions, endedSessions, deadSessions, revoke, clock } = deps;

  return {
    one: async ({ id, accountId, because, traceparent }, tx) => {
      const ended = await sessions.revokeOne({ id, accountId, because, now: clock() }, tx.session);
      if (ended === 'ended') {
        await revoke({ accountId, sessionIds: [id] }, tx, traceparent);
        tx.afterCommit(() => deadSessions.remember([id]));
      }
      return ended !== 'unknown';
    },
    all: async (ended, { except, traceparent }, tx) => {
      const { id: accountId, sessionEpoch: before, tokenVersion: minVersion } = ended;
      const isKept = except !== undefined && (await sessions.keep(except, ended, tx.session));
      await endedSessions.add({ accountId, before }, tx.session);
      const revocation = { accountId, minVersion, ...(isKept && { exceptSessionId: except }) };
      await revoke(revocation, tx, traceparent);
    },
  };
}
