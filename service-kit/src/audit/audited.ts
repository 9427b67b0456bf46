import { DomainError } from '../http/domain-error.ts';
import { shellProblems } from '../http/problem-table.ts';
import type { Transaction } from '../mongo/index.ts';
import type { AuditActor, AuditAttempt, AuditDetails, AuditSubject } from './audit-entry.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Refusals } from './refusals.ts';

/** The parts of an entry that are known only when the attempt is done. */
export interface AuditOutcome {
  /** The actor, when it becomes known during the attempt, for example at a login. */
  actor?: AuditActor;
  subject?: AuditSubject;
  /** Added to the details of the attempt. */
  details?: AuditDetails;
}

/**
 * Records in the transaction of the change that the attempt was done. Call it when everything is decided, and not when
 * nothing changes.
 */
export type Done = (tx: Pick<Transaction<never>, 'session'>, outcome?: AuditOutcome) => Promise<void>;

/**
 * Runs an audited attempt: `work` calls `done` to record a change; a refusal is recorded by itself. A refusal is a
 * `DomainError` with a code of the service or `precondition_failed`. Other codes of the kit, such as `invalid_request`, are
 * not recorded.
 *
 * @throws what `work` throws
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

/** `precondition_failed` is a code of the kit, but the state of the subject decides it. */
const isRefusal = (code: string): boolean => !(code in shellProblems) || code === 'precondition_failed';
