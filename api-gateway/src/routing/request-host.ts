import type { IncomingMessage } from 'node:http';
import { canonicalReceivedHost } from 'service-kit/http';
import type { CanonicalTarget } from './canonical-target.ts';

/**
 * The host of a request in canonical form: that of an absolute target, otherwise the Host header (RFC 9112,
 * 3.2.2). Empty if the request names none.
 *
 * @returns undefined if two servers could read different hosts
 */
export function requestHost(target: CanonicalTarget, request: IncomingMessage): string | undefined {
  const { host = '' } = request.headers;
  if (countOfHosts(request.rawHeaders) > 1) return undefined;
  const named = host === '' ? '' : canonicalReceivedHost(host);
  if (named === undefined || target.authority === undefined) return named;
  return canonicalReceivedHost(target.authority);
}

/** Node keeps the first Host header and drops the others. */
function countOfHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}
