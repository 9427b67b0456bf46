import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Caller } from './caller.ts';

export interface CallingProxy {
  url: string;
  stop(): Promise<void>;
}

export interface CallingProxyOptions {
  port: number;
  caller: Caller;
  /** Hears of every answer. */
  onAnswer: (method: string, target: string, status: number) => void;
}

/** Forwards every request in the name of one caller, and returns every answer unchanged. */
export async function startCallingProxy(options: CallingProxyOptions): Promise<CallingProxy> {
  const server = createServer((incoming, outgoing) => passOn(incoming, outgoing, options));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has a TCP address
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, options: CallingProxyOptions): void {
  const { port, caller, onAnswer } = options;
  const { method = 'GET', url: path = '/' } = incoming;
  const headers = { ...incoming.headers, ...freshKey(incoming), ...caller(method, path) };
  const onward = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    const { statusCode = 502 } = answer;
    onAnswer(method, path, statusCode);
    outgoing.writeHead(statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The key that the document has for an example comes again and again, and would be good for the first call alone. */
function freshKey({ headers }: IncomingMessage): Record<string, string> {
  const key = headers['idempotency-key'];
  return typeof key === 'string' && UUID.test(key) ? { 'idempotency-key': randomUUID() } : {};
}
