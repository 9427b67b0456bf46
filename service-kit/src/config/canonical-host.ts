import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

const NAME_AND_PORT = /^([A-Za-z0-9._\-\u0080-\u{10ffff}]+)(?::\d{0,5})?$/u;
const ADDRESS_AND_PORT = /^\[([0-9A-Fa-f:.]+)\](?::\d{0,5})?$/;
const BEYOND_ASCII = /[\u0080-\u{10ffff}]/u;
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/**
 * Names are equal for DNS that are not equal as texts, so a host is compared in one form only: without its port, in
 * lower case, without the dot of the root (RFC 1034, 3.1), international names as A-labels (UTS 46, as browsers have
 * it), and IPv6 addresses in brackets, shortened (RFC 5952).
 *
 * @param authority a host, which may have a port; an IPv6 address is in brackets
 * @returns undefined for what names no host
 */
export function canonicalHost(authority: string): string | undefined {
  const address = ADDRESS_AND_PORT.exec(authority)?.[1];
  if (address !== undefined) return isIPv6(address) ? new URL(`http://[${address}]`).hostname : undefined;
  const given = NAME_AND_PORT.exec(authority)?.[1];
  if (given === undefined) return undefined;
  const name = BEYOND_ASCII.test(given) ? domainToASCII(given) : given.toLowerCase();
  const withoutRoot = name.endsWith('.') ? name.slice(0, -1) : name;
  return LABELS.test(withoutRoot) ? withoutRoot : undefined;
}

/**
 * The same of a `Host` header or a request target.
 *
 * @param received as Node gives it, each byte as one character; names beyond ASCII are UTF-8
 */
export function canonicalReceivedHost(received: string): string | undefined {
  if (!BEYOND_ASCII.test(received)) return canonicalHost(received);
  try {
    return canonicalHost(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(received, 'latin1')));
  } catch {
    return undefined;
  }
}
