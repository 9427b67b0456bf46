import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const KEEP_ALIVE_MS = 60_000;

/**
 * Passes on what comes from either side to the other, no faster than that one takes it, until one of them closes.
 *
 * @param onClosed told once how many bytes the client was sent
 */
export function joinSockets(client: Socket, upstream: Duplex, onClosed: (bytesOut: number) => void): void {
  const sentBefore = client.bytesWritten;
  for (const socket of [client, upstream]) {
    socket.on('error', () => undefined);
    // Nobody says goodbye whose network is gone; without this such a connection would stay for ever.
    if (socket instanceof Socket) socket.setKeepAlive(true, KEEP_ALIVE_MS).setTimeout(0);
  }
  client.once('close', () => {
    upstream.destroy();
    onClosed(client.bytesWritten - sentBefore);
  });
  upstream.once('close', () => client.destroySoon());
  client.pipe(upstream);
  upstream.pipe(client);
}
