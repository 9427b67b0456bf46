import {
  actorOf,
  createAudited,
  type AuditAttempt,
  type AuditDetails,
  type Audited as KitAudited,
  type AuditSubject,
  type AuditTrail,
  type Caller,
  type Refusals,
} from 'service-kit/audit';
import type { AuditAction } from './actions.ts';

/** Who tries to do what to which event, or with whose claims. */
export interface Attempt {
  action: AuditAction;
  by: Caller;
  /** The event that it is about, also where it is one of its rewards. */
  eventId?: string | undefined;
  /** Whose claims it is about. */
  accountId?: string | undefined;
  /** What staff gave as the reason. */
  reason?: string | undefined;
  /** Ids, codes and numbers; never secrets, coupon codes, names or texts. */
  details?: AuditDetails | undefined;
}

/** Runs an attempt; what is `done` in its transaction is recorded there, and by itself what is refused. */
export type Audited = KitAudited<Attempt>;

export interface Audit {
  audited: Audited;
  /** Records what staff were shown: a search, an export. */
  seen(attempt: Attempt): Promise<void>;
}

export function createAudit(deps: {
  trail: Pick<AuditTrail, 'record' | 'recordAlone'>;
  refusals: Pick<Refusals, 'record'>;
}): Audit {
  const { trail, refusals } = deps;
  const audited = createAudited({ trail, refusals });
  return {
    audited: (attempt, work) => audited(attemptOf(attempt), work),
    seen: (attempt) => trail.recordAlone({ ...attemptOf(attempt), result: 'done' }),
  };
}

function attemptOf({ action, by, reason, details, ...about }: Attempt): AuditAttempt {
  return { action, actor: actorOf(by), subject: subjectOf(about), reason, details, origin: by.origin };
}

function subjectOf({ eventId, accountId }: Pick<Attempt, 'eventId' | 'accountId'>): AuditSubject {
  if (accountId !== undefined) return { kind: 'account', id: accountId };
  return eventId === undefined ? { kind: 'service' } : { kind: 'event', id: eventId };
}
