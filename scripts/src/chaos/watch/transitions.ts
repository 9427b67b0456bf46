import type { ChangeStreamDocument } from 'mongodb';

/** One attempt at a claim, as the store showed it. */
export interface AttemptHistory {
  claimId: string;
  attempt: number;
  /** In the order of the commits. */
  statuses: string[];
  pendingAt: number | undefined;
  finalAt: number | undefined;
}

export const FINAL = new Set(['granted', 'rejected', 'revoked']);

/** What claims went through, attempt by attempt. */
export class Transitions {
  /** By claim, the attempts in their order. */
  readonly byClaim = new Map<string, AttemptHistory[]>();
  readonly removed: string[] = [];

  get attempts(): AttemptHistory[] {
    return [...this.byClaim.values()].flat();
  }

  take(change: ChangeStreamDocument): void {
    if (!('documentKey' in change)) {
      this.removed.push('all');
      return;
    }
    const claimId = String(change.documentKey._id);
    const at = 'wallTime' in change && change.wallTime ? change.wallTime.getTime() : Date.now();
    if (change.operationType === 'insert' || change.operationType === 'replace') {
      this.#see(claimId, at, change.fullDocument);
    } else if (change.operationType === 'update') {
      this.#see(claimId, at, change.updateDescription.updatedFields ?? {});
    } else this.removed.push(claimId);
  }

  #see(claimId: string, at: number, fields: Record<string, unknown>): void {
    const { status } = fields;
    const attempts = this.byClaim.get(claimId) ?? [];
    this.byClaim.set(claimId, attempts);
    const current = attempts.at(-1);
    const attempt = typeof fields['attempt'] === 'number' ? fields['attempt'] : (current?.attempt ?? 1);
    if (typeof status !== 'string') return;
    const history =
      current?.attempt === attempt
        ? current
        : { claimId, attempt, statuses: [], pendingAt: undefined, finalAt: undefined };
    if (history !== current) attempts.push(history);
    history.statuses.push(status);
    if (status === 'pending') history.pendingAt ??= at;
    if (FINAL.has(status)) history.finalAt ??= at;
  }
}
