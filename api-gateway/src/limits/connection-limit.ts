import type { Socket } from 'node:net';
import { networkOf } from './network-of.ts';

export interface ConnectionLimitOptions {
  /** Open connections of one address, or of one /64 of IPv6. */
  limit: number;
  /** Proxies of our own speak for many clients. */
  isTrusted: (address: string) => boolean;
  /** Told of each connection that may not stay. */
  onRefused: () => void;
}

/** Whether a new connection may stay, by how many its address has already. */
export function createConnectionLimit({
  limit,
  isTrusted,
  onRefused,
}: ConnectionLimitOptions): (socket: Socket) => boolean {
  const open = new Map<string, number>();

  return (socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || isTrusted(remoteAddress)) return true;
    const network = networkOf(remoteAddress);
    const count = (open.get(network) ?? 0) + 1;
    if (count > limit) {
      onRefused();
      return false;
    }
    open.set(network, count);
    socket.once('close', () => {
      const left = (open.get(network) ?? 0) - 1;
      if (left > 0) open.set(network, left);
      else open.delete(network);
    });
    return true;
  };
}
