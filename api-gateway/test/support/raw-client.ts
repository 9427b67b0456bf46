import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that sends exactly the given bytes. */
export interface RawClient {
  socket: Socket;
  /** Everything received so far. */
  received(): string;
  send(text: string | Buffer): void;
  /** Resolves with everything received, when the other side has closed. */
  closed(): Promise<string>;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const ended = once(socket, 'close').then(() => text);
  await once(socket, 'connect');
  return {
    socket,
    received: () => text,
    send: (content) => void socket.write(content),
    closed: () => ended,
  };
}

/** Sends a request and waits until the connection closes; the request should ask for that. */
export async function exchangeRaw(port: number, request: string): Promise<string> {
  const client = await rawClient(port);
  client.send(request);
  return client.closed();
}
