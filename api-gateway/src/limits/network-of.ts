import ipaddr from 'ipaddr.js';
import { isIPv4 } from 'node:net';

const PREFIX_OCTETS = 8;

/**
 * What counts as one address for limits: an IPv4 address, or a /64 of IPv6, because whoever has one address of it
 * has them all (RFC 6177).
 */
export function networkOf(address: string): string {
  // Most addresses, and every request asks.
  if (isIPv4(address)) return address;
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${Buffer.from(parsed.toByteArray().slice(0, PREFIX_OCTETS)).toString('hex')}/64`;
}
