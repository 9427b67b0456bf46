import { DomainError } from '../http/domain-error.ts';
import type { Transact, Transaction } from '../mongo/index.ts';
import type { AuditDetails, AuditEntry } from './audit-entry.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Refusals } from './refusals.ts';

/** Who tries to do what: an entry before its result is known. */
export type AuditAttempt = Omit<AuditEntry, 'result'>;

export interface AuditedTransaction<Message> extends Transaction<Message> {
  /**
   * Records that it was done, in this transaction. Called once everything is decided; not at all where nothing changes.
   *
   * @param details added to those of the attempt
   */
  record(details?: AuditDetails): Promise<void>;
}

/**
 * A transaction of which the trail tells: what `work` records when it is done, and by itself when it is refused
 * (a `DomainError`).
 *
 * @throws whatever `work` throws
 */
export type AuditedTransact<Message, Attempt = AuditAttempt> = <T>(
  attempt: Attempt,
  work: (tx: AuditedTransaction<Message>) => Promise<T>,
) => Promise<T>;

export function createAuditedTransact<Message>(options: {
  transact: Transact<Message>;
  trail: Pick<AuditTrail, 'record'>;
  refusals: Pick<Refusals, 'record'>;
}): AuditedTransact<Message> {
  const { transact, trail, refusals } = options;

  return async (attempt, work) => {
    try {
      return await transact((tx) =>
        work({
          ...tx,
          record: (details) =>
            trail.record(
              { ...attempt, result: 'done', details: { ...attempt.details, ...details } },
              tx.session,
            ),
        }),
      );
    } catch (error) {
      if (error instanceof DomainError && error.code !== 'service_unavailable') {
        await refusals.record(attempt, error.code);
      }
      throw error;
    }
  };
}
