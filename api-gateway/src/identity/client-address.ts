import ipaddr from 'ipaddr.js';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** The proxies whose X-Forwarded-For is trusted: a number of hops, or their networks. */
export type TrustProxy = { hops: number } | { networks: readonly string[] };

/** Returns the address of a request's client, as far as it is certain. */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | undefined) => string;

/** `2`, or `10.0.0.0/8,::1`; undefined for anything else. */
export function parseTrustProxy(value: string): TrustProxy | undefined {
  if (/^\d{1,2}$/.test(value)) return { hops: Number(value) };
  const networks = value.split(',').map((network) => network.trim());
  try {
    trustingNetworks(networks);
    return { networks };
  } catch {
    return undefined;
  }
}

/**
 * @param onProxyIgnored called once if `TRUST_PROXY` is not set and a peer in a private network sends
 * X-Forwarded-For. It is probably our own proxy.
 */
export function createClientAddress(
  trust: TrustProxy | undefined,
  onProxyIgnored: (peer: string) => void = () => undefined,
): ClientAddress {
  if (trust === undefined) return ignoringProxies(onProxyIgnored);
  if ('hops' in trust && trust.hops === 0) return (peer) => plainAddress(peer);
  const isTrusted = 'hops' in trust ? trustingHops(trust.hops) : trustingNetworks(trust.networks);
  return (peer, forwardedFor) => {
    let address = plainAddress(peer);
    if (forwardedFor === undefined) return address;
    const said = forwardedFor.split(',');
    // Read from the end: every hop appends the peer that it saw, so only entries of trusted hops are used.
    for (let i = said.length - 1; i >= 0 && isTrusted(address, said.length - 1 - i); i -= 1) {
      const claimed = addressIn(said[i] ?? '');
      if (claimed === undefined) break;
      address = claimed;
    }
    return address;
  };
}

function ignoringProxies(onProxyIgnored: (peer: string) => void): ClientAddress {
  let hasWarned = false;
  return (peer, forwardedFor) => {
    const address = plainAddress(peer);
    if (forwardedFor !== undefined && !hasWarned && isPrivate(address)) {
      hasWarned = true;
      onProxyIgnored(address);
    }
    return address;
  };
}

function isPrivate(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() !== 'unicast';
}

/** Returns a function that tells whether a peer is one of our own proxies, which serve many clients. */
export function createTrustedPeer(trust: TrustProxy | undefined): (peer: string) => boolean {
  if (trust === undefined) return () => false;
  if ('hops' in trust) return () => trust.hops > 0;
  const isTrusted = trustingNetworks(trust.networks);
  return (peer) => isTrusted(plainAddress(peer));
}

function trustingHops(hops: number): (address: string, index: number) => boolean {
  return (_address, index) => index < hops;
}

function trustingNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) addNetwork(list, network);
  return (address) => isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function addNetwork(list: BlockList, network: string): void {
  const [address = '', bits] = network.split('/');
  const family = isIP(address);
  if (family === 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
    throw new Error(`"${network}" is not an address or a network`);
  }
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(address, type);
  else list.addSubnet(address, Number(bits), type);
}

/**
 * Writes `::ffff:10.0.0.1`, as a dual-stack socket shows it, as `10.0.0.1`, and drops the zone of an IPv6 address.
 */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  if (address.startsWith('::ffff:') && isIP(address.slice(7)) === 4) return address.slice(7);
  const zone = address.indexOf('%');
  return zone === -1 ? address : address.slice(0, zone);
}

/** One element of X-Forwarded-For, with or without brackets and a port. */
function addressIn(element: string): string | undefined {
  const trimmed = element.trim();
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? trimmed.replace(/^([\d.]+):\d+$/, '$1');
  const address = plainAddress(bare);
  return isIP(address) === 0 ? undefined : address;
}
