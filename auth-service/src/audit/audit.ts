import { createHmac, type KeyObject } from 'node:crypto';
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
import { foldCase } from '../http/fold-case.ts';
import type { Transaction } from '../database/transact.ts';
import type { AuditAction } from './actions.ts';

/** Who tries to do what to which account or client. */
export interface Attempt {
  action: AuditAction;
  /** The service itself where nobody asked. */
  by: Caller | 'auth-service';
  /** Whom it is about. */
  accountId?: string | undefined;
  /** The service client that it is about. */
  clientId?: string | undefined;
  /** A name that no account may have; kept so that it can be recognised and not read. */
  username?: string | undefined;
  /** What staff gave as the reason. */
  reason?: string | undefined;
  /** Ids and codes; never secrets, names or e-mail addresses. */
  details?: AuditDetails | undefined;
}

/** Runs an attempt; what is `done` in its transaction is recorded there, and by itself what is refused. */
export type Audited = KitAudited<Attempt>;

export interface Audit {
  audited: Audited;
  /** Records something as done in a transaction, where nothing about it can be refused. */
  done(attempt: Attempt, tx: Pick<Transaction, 'session'>): Promise<void>;
  /** Records a refusal that changes something itself, in the transaction of that change. */
  refused(attempt: Attempt, code: string, tx: Pick<Transaction, 'session'>): Promise<void>;
  /** Records what was decided about many attempts together, in the transaction of all of them. */
  decided(
    decisions: readonly { attempt: Attempt; refused: string | undefined }[],
    tx: Pick<Transaction, 'session'>,
  ): Promise<void>;
  /** Records that the caller was shown something: a search, an export. */
  seen(attempt: Attempt): Promise<void>;
}

/** @param nameKey under which names are hashed */
export function createAudit(deps: { trail: AuditTrail; refusals: Refusals; nameKey: KeyObject }): Audit {
  const { trail, refusals, nameKey } = deps;
  const audited = createAudited({ trail, refusals });

  function subjectOf({ accountId, clientId, username }: Attempt): AuditSubject {
    if (accountId !== undefined) return account(accountId);
    if (clientId !== undefined) return { kind: 'client', id: clientId };
    return username === undefined ? { kind: 'service' } : name(username);
  }

  function attemptOf(attempt: Attempt): AuditAttempt {
    const { action, by, reason, details } = attempt;
    return {
      action,
      actor: by === 'auth-service' ? { kind: 'system', id: by } : actorOf(by),
      subject: subjectOf(attempt),
      reason,
      details,
      origin: by === 'auth-service' ? undefined : by.origin,
    };
  }

  const name = (username: string): AuditSubject => ({
    kind: 'username',
    id: createHmac('sha256', nameKey).update(foldCase(username)).digest('base64url'),
  });

  return {
    audited: (attempt, work) => audited(attemptOf(attempt), work),
    done: (attempt, { session }) => trail.record({ ...attemptOf(attempt), result: 'done' }, session),
    refused: (attempt, reason, { session }) =>
      trail.record({ ...attemptOf(attempt), result: 'refused', reason }, session),
    decided: (decisions, { session }) =>
      trail.record(
        decisions.map(({ attempt, refused: code }) => ({
          ...attemptOf(attempt),
          ...(code === undefined ? { result: 'done' } : { result: 'refused', reason: code }),
        })),
        session,
      ),
    seen: (attempt) => trail.recordAlone({ ...attemptOf(attempt), result: 'done' }),
  };
}

/** An account as a subject, or as the actor that an unknown caller turned out to be. */
export const account = (id: string) => ({ kind: 'account', id }) as const;
