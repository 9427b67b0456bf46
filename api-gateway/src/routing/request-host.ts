import type { IncomingMessage } from 'node:http';
import { canonicalReceivedHost } from 'service-kit/http';
import type { CanonicalTarget } from './canonical-target.ts';

/**
 * The host that a request asks for, in its canonical form: that of an absolute target before that of the Host header
 * (RFC 9112, 3.2.2). Empty where it names none.
 *
 * @returns undefined where two servers could read different hosts
 */
export function requestHost(target: CanonicalTarget, request: IncomingMessage): string | undefined {
  const { host = '' } = request.headers;
  if (countOfHosts(request.rawHeaders) > 1) return undefined;
  const named = host === '' ? '' : canonicalReceivedHost(host);
  if (named === undefined || target.authority === undefined) return named;
  return canonicalReceivedHost(target.authority);
}

/** Node keeps the first and drops the others without a word. */
function countOfHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}
