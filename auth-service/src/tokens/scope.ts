/** The scopes that a service client may have. Accounts have roles instead, and never scopes. */
export const scopes = [
  'activity:write',
  'accounts:read',
  'claims:read',
  'entitlements:write',
  'tokens:introspect',
] as const;
export type Scope = (typeof scopes)[number];
