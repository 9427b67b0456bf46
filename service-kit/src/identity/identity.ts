export const roles = ['USER', 'OPERATOR', 'AUDITOR', 'ADMIN'] as const;
export type Role = (typeof roles)[number];

const known: ReadonlySet<string> = new Set(roles);

export function isRole(name: string): name is Role {
  return known.has(name);
}

/**
 * Who is calling, as the gateway found out. An account has a session and roles. A service client has scopes and no session.
 * An anonymous caller has an empty `userId`.
 */
export interface Identity {
  /** Account id or client id; empty for an anonymous caller. */
  userId: string;
  sessionId: string;
  roles: Role[];
  scopes: string[];
  /** Address of the caller at the gateway. */
  clientAddress: string;
}

/** True for an account. Service clients have no session. */
export function isAccount(identity: Identity): boolean {
  return identity.userId !== '' && identity.sessionId !== '';
}
