import ipaddr from 'ipaddr.js';
import { isIPv4 } from 'node:net';

const PREFIX_OCTETS = 8;

/**
 * The network that a limit counts an address under: the address itself for IPv4, its /64 for IPv6, because a client
 * that has one address of a /64 has them all (RFC 6177).
 *
 * @param address null where it is not known
 * @returns `unknown` for null and for anything that is no address
 */
export function networkOf(address: string | null): string {
  if (address === null) return 'unknown';
  // The common case, in the path of every request.
  if (isIPv4(address)) return address;
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${Buffer.from(parsed.toByteArray().slice(0, PREFIX_OCTETS)).toString('hex')}/64`;
}
