import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createIdentityVerifier, type Identity, type SigningKey } from 'service-kit/identity';

/** A request as a service received it. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  body: Buffer;
  /** The caller in the gateway's signature; undefined if the signature is missing or wrong. */
  identity: Identity | undefined;
  aborted: boolean;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, received: Received) => void;

/** A small server in place of a service. It records requests and answers as a test wants. */
export interface FakeService {
  url: string;
  port: number;
  received: Received[];
  /** Number of connections so far. */
  connections: number;
  /** The gateway's keys that it accepts. */
  signingKeys: SigningKey[];
  /** Handles the next requests. Default: 200 with the received request. */
  answer: Answer;
  keys: object[];
  document: object;
  /** The status of its health check. */
  health: number;
  /** Accepts WebSockets. Default: none. */
  onUpgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
  /** Handles requests to /internal. Default: not found. */
  internal: (request: IncomingMessage, response: ServerResponse) => void;
  stop(): Promise<void>;
}

const CONTROL_PATHS: ReadonlySet<string> = new Set(['/healthz', '/openapi.json', '/.well-known/jwks.json']);

export const echo: Answer = (request, response, received) => {
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method: received.method, url: received.url, bytes: received.body.length }));
  });
};

export async function startFakeService(
  name: string,
  key: SigningKey,
  port = 0,
  host = '127.0.0.1',
): Promise<FakeService> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const { method = '', url = '', headers, rawHeaders } = request;
    if (CONTROL_PATHS.has(url) && headers['x-gateway-signature'] === undefined) {
      const body = url === '/openapi.json' ? service.document : { keys: service.keys };
      response.statusCode = url === '/healthz' ? service.health : 200;
      response.end(JSON.stringify(body));
      return;
    }
    if (url.startsWith('/internal/')) {
      service.internal(request, response);
      return;
    }
    const verify = createIdentityVerifier({ service: name, keys: service.signingKeys });
    const identity = verify(method, url, headers);
    const received: Received = {
      method,
      url,
      headers,
      rawHeaders,
      body: Buffer.alloc(0),
      identity,
      aborted: false,
    };
    service.received.push(received);
    response.on('close', () => {
      received.aborted = !response.writableFinished;
    });
    request.on('error', () => {
      received.aborted = true;
    });
    request.on('data', (chunk: Buffer) => {
      received.body = Buffer.concat([received.body, chunk]);
    });
    service.answer(request, response, received);
  });
  server.keepAliveTimeout = 65_000;
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    service.onUpgrade(request, socket, head);
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const service: FakeService = {
    url: `http://${host}:${address.port}`,
    port: address.port,
    received: [],
    connections: 0,
    signingKeys: [key],
    answer: echo,
    keys: [],
    health: 200,
    onUpgrade: (_request, socket) => void socket.end('HTTP/1.1 426 Upgrade Required\r\n\r\n'),
    internal: (_request, response) => void response.writeHead(404).end(),
    document: { openapi: '3.1.0', info: { title: name, version: '1' }, paths: {} },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  server.on('connection', () => {
    service.connections += 1;
  });
  return service;
}
