/** What is recorded, each by the name of its use case. */
export const auditActions = [
  'create-event',
  'update-event',
  'clone-event',
  'change-event-status',
  'delete-event',
  'create-reward',
  'update-reward',
  'delete-reward',
  'add-codes',
  'revoke-claim',
  'create-revoke-job',
  'export-claims',
  'search-claims',
  'search-claim-attempts',
  'search-audit',
] as const;

export type AuditAction = (typeof auditActions)[number];
