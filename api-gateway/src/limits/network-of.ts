import ipaddr from 'ipaddr.js';
import { isIPv4 } from 'node:net';

const PREFIX_OCTETS = 8;

/**
 * The network that limits count as one client: an IPv4 address, or a /64 of IPv6, because one customer usually has
 * a whole /64 (RFC 6177).
 */
export function networkOf(address: string): string {
  // The frequent case, without a parser.
  if (isIPv4(address)) return address;
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${Buffer.from(parsed.toByteArray().slice(0, PREFIX_OCTETS)).toString('hex')}/64`;
}
