import type { OutgoingMessage } from 'service-kit/messaging';
import type { Clock } from 'service-kit/service';
import { ACCOUNTS } from '../messaging/exchanges.ts';
import type { Transaction } from '../database/transact.ts';
import type { RevocationStore } from './revocation-store.ts';
import type { Revocation } from './revocation.ts';

/** Ends access tokens, if and when the transaction commits. */
export type Revoke = (revocation: Revocation, tx: Transaction, traceparent?: string) => Promise<void>;

export interface RevokeDeps {
  revocations: Pick<RevocationStore, 'insert'>;
  /** Life of an access token, in milliseconds: after it nothing is left to refuse. */
  accessTtlMs: number;
  clock: Clock;
}

/** How far the clocks of those who sign and those who check may differ. */
const SKEW_MS = 60_000;

/**
 * Records a revocation and tells every gateway. The record is what counts: a gateway that misses the message finds
 * it when it asks.
 */
export function createRevoke(deps: RevokeDeps): Revoke {
  const { revocations, accessTtlMs, clock } = deps;

  return async (revocation, tx, traceparent) => {
    const revokedAt = clock();
    const expiresAt = new Date(revokedAt.getTime() + accessTtlMs + SKEW_MS);
    await revocations.insert({ ...revocation, revokedAt, expiresAt }, tx.session);
    tx.emit(sessionsRevoked(revocation, traceparent));
  };
}

function sessionsRevoked(revocation: Revocation, traceparent: string | undefined): OutgoingMessage {
  return {
    type: 'laurel.sessions.revoked.v1',
    exchange: ACCOUNTS,
    routingKey: 'sessions.revoked',
    // A gateway that is not connected has no queue. It reads the revocations when it comes back.
    mandatory: false,
    subject: revocation.accountId,
    data: revocation,
    ...(traceparent !== undefined && { traceparent }),
  };
}
