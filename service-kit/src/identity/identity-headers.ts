import { INTERNAL_SIGNATURE_HEADER } from './internal-call.ts';

/** The headers that tell a service who is calling. The gateway sets them, and never passes on those of a client. */
export const IDENTITY_HEADERS: readonly string[] = [
  'x-user-id',
  'x-user-roles',
  'x-user-scopes',
  'x-session-id',
  'x-request-id',
  'x-client-address',
  'x-gateway-signature',
];

// The signature of internal calls is also never passed on.
const names: ReadonlySet<string> = new Set([...IDENTITY_HEADERS, INTERNAL_SIGNATURE_HEADER]);

/**
 * True for a header that the gateway must not pass on from a client, in any case and with `_` for `-`, because some servers
 * read both as one.
 *
 * @param name of a header, as received
 */
export function isIdentityHeader(name: string): boolean {
  return names.has(name.toLowerCase().replaceAll('_', '-'));
}
