import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

const NAME_AND_PORT = /^([A-Za-z0-9._\-\u0080-\u{10ffff}]+)(?::\d{0,5})?$/u;
const ADDRESS_AND_PORT = /^\[([0-9A-Fa-f:.]+)\](?::\d{0,5})?$/;
const BEYOND_ASCII = /[\u0080-\u{10ffff}]/u;
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/**
 * The form in which hosts are compared, because DNS treats different texts as one name. It has no port, lower case, and no
 * dot of the root (RFC 1034, 3.1). International names are A-labels (UTS 46, as in browsers). IPv6 addresses are in brackets
 * and shortened (RFC 5952).
 *
 * @param authority a host, which may have a port; an IPv6 address is in brackets
 * @returns undefined when the text names no host
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
 * The canonical form of a `Host` header or of the host in a request target.
 *
 * @param received as Node gives it: each byte is one character, and names beyond ASCII are UTF-8
 */
export function canonicalReceivedHost(received: string): string | undefined {
  if (!BEYOND_ASCII.test(received)) return canonicalHost(received);
  try {
    return canonicalHost(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(received, 'latin1')));
  } catch {
    return undefined;
  }
}
