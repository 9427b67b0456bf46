import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const KEEP_ALIVE_MS = 60_000;

/**
 * Passes data both ways, no faster than the slower side reads it, until one side closes.
 *
 * @param onClosed called once, with the bytes that the client was sent
 */
export function joinSockets(client: Socket, upstream: Duplex, onClosed: (bytesOut: number) => void): void {
  const sentBefore = client.bytesWritten;
  for (const socket of [client, upstream]) {
    socket.on('error', () => undefined);
    // A peer whose network fails sends no FIN. TCP keep-alive finds it.
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
