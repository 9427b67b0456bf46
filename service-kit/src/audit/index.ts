export type {
  AuditActor,
  AuditDetails,
  AuditEntry,
  AuditOrigin,
  AuditSubject,
  RecordedEntry,
} from './audit-entry.ts';
export type { AuditFinding, AuditHead, AuditProblem, AuditSummary } from './audit-finding.ts';
export {
  createAuditTrail,
  type AuditFilter,
  type AuditPosition,
  type AuditTrail,
  type AuditTrailOptions,
} from './audit-trail.ts';
export {
  createAuditedTransact,
  type AuditAttempt,
  type AuditedTransact,
  type AuditedTransaction,
} from './audited-transact.ts';
export { createRefusals, type Refusals, type RefusalsOptions } from './refusals.ts';
export { runVerifyAudit } from './run-verify-audit.ts';
export { verifyAudit, type VerifyAuditOptions } from './verify-audit.ts';
