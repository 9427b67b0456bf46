import type { Clock } from '../clock.ts';
import type { Revocation } from '../revocations/revocation.ts';
import type { Revoke } from '../revocations/revoke.ts';
import type { Transaction } from '../transact.ts';
import type { DeadSessions } from './dead-sessions.ts';
import type { SessionStore } from './session-store.ts';
import type { RevocationReason } from './session.ts';

export interface EndingOfAll {
  accountId: string;
  because: RevocationReason;
  /** The session that lives on. */
  except?: string;
  /** The account's new token version, where older tokens end whatever their session. */
  minVersion?: number | undefined;
  traceparent?: string;
}

/** Ends sessions together with their access tokens, in the caller's transaction. */
export interface EndSessions {
  /** @returns false when the account has no such session, live or dead */
  one(
    ending: { id: string; accountId: string; because: RevocationReason; traceparent?: string },
    tx: Transaction,
  ): Promise<boolean>;
  all(ending: EndingOfAll, tx: Transaction): Promise<void>;
}

export function createEndSessions(dependencies: {
  sessions: SessionStore;
  deadSessions: Pick<DeadSessions, 'remember'>;
  revoke: Revoke;
  clock: Clock;
}): EndSessions {
  const { sessions, deadSessions, revoke, clock } = dependencies;

  async function tell(revocation: Revocation, tx: Transaction, traceparent?: string): Promise<void> {
    await revoke(revocation, tx, traceparent);
    const { sessionIds = [] } = revocation;
    if (sessionIds.length > 0) tx.afterCommit(() => deadSessions.remember(sessionIds));
  }

  return {
    one: async ({ id, accountId, because, traceparent }, tx) => {
      const ended = await sessions.revokeOne({ id, accountId, because, now: clock() }, tx.session);
      if (ended === 'ended') await tell({ accountId, sessionIds: [id] }, tx, traceparent);
      return ended !== 'unknown';
    },
    all: async ({ accountId, because, except, minVersion, traceparent }, tx) => {
      // A refresh may have read the account just after its version rose, so the sessions are named as well.
      const sessionIds = await sessions.revokeAll(
        { accountId, because, now: clock(), ...(except !== undefined && { except }) },
        tx.session,
      );
      if (sessionIds.length === 0 && minVersion === undefined) return;
      const revocation = {
        accountId,
        ...(sessionIds.length > 0 && { sessionIds }),
        ...(minVersion !== undefined && { minVersion }),
      };
      await tell(revocation, tx, traceparent);
    },
  };
}
