import { networkOf } from 'service-kit/http';
import type { Socket } from 'node:net';
import { Counter, type Registry } from '@prometheus-io/client';

export interface ConnectionLimitDeps {
  /** Open connections of one address, or of one /64 of IPv6. */
  limit: number;
  /** Our own proxies serve many clients and have no limit. */
  isTrusted: (address: string) => boolean;
  metrics: Registry;
}

/** Returns a function that tells whether a new connection may stay. */
export function createConnectionLimit({
  limit,
  isTrusted,
  metrics,
}: ConnectionLimitDeps): (socket: Socket) => boolean {
  const open = new Map<string, number>();
  const refused = new Counter({
    name: 'gateway_refused_connections_total',
    help: 'Connections refused because their address had CONNECTIONS_PER_ADDRESS open',
    registers: [metrics],
  });

  return (socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || isTrusted(remoteAddress)) return true;
    const network = networkOf(remoteAddress);
    const count = (open.get(network) ?? 0) + 1;
    if (count > limit) {
      refused.inc();
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
