import { identityContentAt } from './identity-content.ts';
import type { Identity } from './identity.ts';
import { signatureHeader, type SigningKey } from './signature.ts';

export interface SignIdentityOptions {
  /** Name of the called service. The signature is valid for no other. */
  service: string;
  key: SigningKey;
  /** Unix milliseconds. */
  now: number;
  method: string;
  /** Path and query exactly as forwarded. */
  target: string;
  identity: Identity;
  requestId: string;
}

/**
 * Makes the identity headers of one request to one service. Anonymous requests are signed as well.
 *
 * @returns lower-case header names and values; empty ones are left out
 */
export function signIdentity(options: SignIdentityOptions): Record<string, string> {
  const { service, key, now, method, target, identity, requestId } = options;
  const { userId, sessionId, clientAddress } = identity;
  const roles = joined(identity.roles);
  const scopes = joined(identity.scopes);
  const content = identityContentAt(now, {
    service,
    method,
    target,
    userId,
    sessionId,
    roles,
    scopes,
    requestId,
    clientAddress,
  });
  const headers: Record<string, string> = {
    'x-request-id': requestId,
    'x-gateway-signature': signatureHeader(key, now, content),
  };
  if (userId) headers['x-user-id'] = userId;
  if (sessionId) headers['x-session-id'] = sessionId;
  if (roles) headers['x-user-roles'] = roles;
  if (scopes) headers['x-user-scopes'] = scopes;
  if (clientAddress) headers['x-client-address'] = clientAddress;
  return headers;
}

function joined(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : names.toSorted().join(',');
}
