import type { IncomingMessage } from 'node:http';
import type { CanonicalTarget } from './canonical-target.ts';

// Of RFC 3986's hosts those that are in use: names, IPv4 addresses and IPv6 addresses in brackets.
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;

/**
 * The host that a request asks for, in lower case and without its port: that of an absolute target before that of the
 * Host header (RFC 9112, 3.2.2). Empty where it names none.
 *
 * @returns undefined where two servers could read different hosts
 */
export function requestHost(target: CanonicalTarget, request: IncomingMessage): string | undefined {
  const { host = '' } = request.headers;
  if (countOfHosts(request.rawHeaders) > 1 || !isAuthority(host)) return undefined;
  const authority = target.authority ?? host;
  return isAuthority(authority) ? hostName(authority) : undefined;
}

/** `Example.org:8080` is asked for as `example.org`. */
export function hostName(authority: string): string {
  const port = authority.lastIndexOf(':');
  const name = port > authority.lastIndexOf(']') ? authority.slice(0, port) : authority;
  return name.toLowerCase();
}

function isAuthority(text: string): boolean {
  return text === '' || AUTHORITY.test(text);
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
