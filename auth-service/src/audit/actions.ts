/** What is recorded, each by the name of its use case. */
export const auditActions = [
  'register-account',
  'bootstrap-admin',
  'log-in',
  'log-out',
  'end-session',
  'refresh-session',
  'change-password',
  'update-profile',
  'replace-roles',
  'set-status',
  'create-client',
  'rotate-client-secret',
  'delete-client',
  'authenticate-client',
  'revoke-token',
  'make-signing-key',
  'retire-signing-key',
  'search-accounts',
  'search-audit',
] as const;

export type AuditAction = (typeof auditActions)[number];
