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

/** One thing that is not as it was written. */
export interface AuditFinding {
  problem: AuditProblem;
  /** Number of the seal. */
  seal?: number;
  /** Id of the entry. */
  entry?: string;
  detail: string;
}

/** A seal as an outside log knows it. */
export interface AuditHead {
  number: number;
  hash: string;
}

/** What was looked at. */
export interface AuditSummary {
  seals: number;
  entries: number;
  /** Entries whose address and device were erased. */
  erased: number;
  /** The last seal, to be kept outside for the next time. */
  head: AuditHead | null;
}
