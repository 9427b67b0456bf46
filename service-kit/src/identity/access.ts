import { isAccount, type Identity, type Role } from './identity.ts';

/**
 * Who may call:
 * - `unsigned` anyone, also without the gateway: health, key sets, API documents;
 * - `internal` other services, with their own signature; no request from the gateway;
 * - `public` anyone through the gateway;
 * - `signed-in` accounts (service clients get 403);
 * - `anyone-authenticated` accounts and service clients;
 * - `{ roles, scopes }` accounts with one of the roles (ADMIN has all) and clients with one of the scopes.
 */
export type Access =
  | 'unsigned'
  | 'internal'
  | 'public'
  | 'signed-in'
  | 'anyone-authenticated'
  | { roles?: readonly Role[]; scopes?: readonly string[] };

export type AccessDecision = 'allowed' | 'unauthenticated' | 'forbidden';

/**
 * Decides whether `identity` may pass. No identity opens an `internal` endpoint: that needs an internal call.
 *
 * @param identity undefined when the request has no valid signature of the gateway
 */
export function decideAccess(access: Access, identity: Identity | undefined): AccessDecision {
  if (access === 'unsigned') return 'allowed';
  if (!identity || access === 'internal') return 'unauthenticated';
  if (access === 'public') return 'allowed';
  if (identity.userId === '') return 'unauthenticated';
  if (access === 'anyone-authenticated') return 'allowed';
  if (access === 'signed-in') return isAccount(identity) ? 'allowed' : 'forbidden';
  return hasRole(identity, access.roles ?? []) || hasScope(identity, access.scopes ?? [])
    ? 'allowed'
    : 'forbidden';
}

function hasRole(identity: Identity, wanted: readonly Role[]): boolean {
  if (wanted.length === 0) return false;
  return identity.roles.some((role) => role === 'ADMIN' || wanted.includes(role));
}

function hasScope(identity: Identity, wanted: readonly string[]): boolean {
  return wanted.some((scope) => identity.scopes.includes(scope));
}
