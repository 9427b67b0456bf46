/** Why the ledger took nothing back: it is spent, or was never granted. */
export const REVOKE_REFUSALS = ['insufficient_balance', 'not_granted'] as const;
export type RevokeRefusal = (typeof REVOKE_REFUSALS)[number];

/** One attempt to take back what a claim was granted; a claim keeps its last. */
export interface Revocation {
  /** The ledger makes one decision about it and no other. */
  id: string;
  /** 1 at first, one more each time it is tried again after a refusal. */
  attempt: number;
  reason: string;
  /** The account that asked for it. */
  by: string;
  /** The job that asked for it, where it was one. */
  jobId?: string;
  requestedAt: Date;
  /** Only once it is decided. */
  completedAt?: Date;
  /** Only when it was refused. */
  refused?: RevokeRefusal;
  /** The reversal; only when it was not. */
  ledgerEntryId?: string;
}

export const revocationIdOf = (grantId: string, attempt: number): string => `${grantId}.r${attempt}`;
