export const roles = ['USER', 'OPERATOR', 'AUDITOR', 'ADMIN'] as const;
export type Role = (typeof roles)[number];

const known: ReadonlySet<string> = new Set(roles);

export function isRole(name: string): name is Role {
  return known.has(name);
}

/**
 * Who is calling, as the gateway found it. An account has a session and roles, a service client has scopes and no
 * session, and nobody has been identified where `userId` is empty.
 */
export interface Identity {
  /** Account id or client id; empty for an anonymous caller. */
  userId: string;
  sessionId: string;
  roles: Role[];
  scopes: string[];
  /** Address of the caller as the gateway saw it. */
  clientAddress: string;
}

/** An account is signed in where there is a session; clients have none. */
export function isAccount(identity: Identity): boolean {
  return identity.userId !== '' && identity.sessionId !== '';
}
