export type {
  AuditActor,
  AuditAttempt,
  AuditDetails,
  AuditEntry,
  AuditOrigin,
  AuditSubject,
  RecordedEntry,
} from './audit-entry.ts';
export { auditFilters, defineAuditList, type AuditListOptions, type AuditQuery } from './audit-list.ts';
export type { AuditFinding, AuditHead, AuditProblem, AuditSummary } from './audit-finding.ts';
export {
  createAuditTrail,
  type AuditFilter,
  type AuditPosition,
  type AuditTrail,
  type AuditTrailOptions,
} from './audit-trail.ts';
export { createAudited, type Audited, type AuditOutcome, type Done } from './audited.ts';
export { actorOf, callerOf, originOf, type Caller, type CallerInput, type RequestOrigin } from './caller.ts';
export { createRefusals, type Refusals, type RefusalsOptions } from './refusals.ts';
export { runVerifyAudit } from './run-verify-audit.ts';
export { verifyAudit, type VerifyAuditOptions } from './verify-audit.ts';
