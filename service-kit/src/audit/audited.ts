import { DomainError } from '../http/domain-error.ts';
import { shellProblems } from '../http/problem-table.ts';
import type { Transaction } from '../mongo/index.ts';
import type { AuditActor, AuditAttempt, AuditDetails, AuditSubject } from './audit-entry.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Refusals } from './refusals.ts';

/** What is known of an attempt only when it is done. */
export interface AuditOutcome {
  /** Whoever turned out to act: somebody unknown who had the right password. */
  actor?: AuditActor;
  subject?: AuditSubject;
  /** Added to those of the attempt. */
  details?: AuditDetails;
}

/**
 * Records that it was done, in the transaction of the change: called there once everything is decided, and not at all
 * where nothing changes.
 */
export type Done = (tx: Pick<Transaction<never>, 'session'>, outcome?: AuditOutcome) => Promise<void>;

/**
 * Runs one attempt of which the trail tells: what `work` says is done, and by itself what is refused (a `DomainError` with
 * a code of the service or `precondition_failed`; the shell's other codes, such as `invalid_request`, are no refusals).
 *
 * @throws whatever `work` throws
 */
export type Audited<Attempt = AuditAttempt> = <T>(
  attempt: Attempt,
  work: (done: Done) => Promise<T>,
) => Promise<T>;

export function createAudited(options: {
  trail: Pick<AuditTrail, 'record'>;
  refusals: Pick<Refusals, 'record'>;
}): Audited {
  const { trail, refusals } = options;

  return async (attempt, work) => {
    const done: Done = async ({ session }, { details, ...outcome } = {}) => {
      const known = { ...attempt, ...outcome, details: { ...attempt.details, ...details } };
      await trail.record({ ...known, result: 'done' }, session);
    };
    try {
      return await work(done);
    } catch (error) {
      if (error instanceof DomainError && isRefusal(error.code)) {
        await refusals.record(attempt, error.code);
      }
      throw error;
    }
  };
}

/** The shell knows `precondition_failed`, but it is the state of the subject that decides it. */
const isRefusal = (code: string): boolean => !(code in shellProblems) || code === 'precondition_failed';
