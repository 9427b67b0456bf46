import { INTERNAL_SIGNATURE_HEADER } from './internal-call.ts';

/** Everything by which the gateway tells a service who is calling; a client's own are never passed on. */
export const IDENTITY_HEADERS: readonly string[] = [
  'x-user-id',
  'x-user-roles',
  'x-user-scopes',
  'x-session-id',
  'x-request-id',
  'x-client-address',
  'x-gateway-signature',
];

// What services sign among themselves is not the gateway's to send, and no client's either.
const names: ReadonlySet<string> = new Set([...IDENTITY_HEADERS, INTERNAL_SIGNATURE_HEADER]);

/**
 * True for a header that no client may send on to a service, whatever its case and with `_` for `-`, because some servers read both as one.
 *
 * @param name a header's name as it was received
 */
export function isIdentityHeader(name: string): boolean {
  return names.has(name.toLowerCase().replaceAll('_', '-'));
}
