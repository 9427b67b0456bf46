export type AuditProblem =
  | 'entry_changed'
  | 'entry_missing'
  | 'entry_inserted'
  | 'entry_backdated'
  | 'entry_unsealed'
  | 'seal_changed'
  | 'seal_missing'
  | 'seal_inserted'
  | 'seal_unlinked'
  | 'tail_missing'
  | 'head_differs';

/** One difference between the trail and its seals. */
export interface AuditFinding {
  problem: AuditProblem;
  /** Number of the seal. */
  seal?: number;
  /** Id of the entry. */
  entry?: string;
  detail: string;
}

/** A seal as noted outside of the database. */
export interface AuditHead {
  number: number;
  hash: string;
}

/** What was checked. */
export interface AuditSummary {
  seals: number;
  entries: number;
  /** Entries whose address and device were erased. */
  erased: number;
  /** The last seal. Keep it outside of the database for the next check. */
  head: AuditHead | null;
}
