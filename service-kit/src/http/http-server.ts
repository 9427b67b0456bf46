import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import type { Registry } from '@prometheus-io/client';
import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { createBodyWatch } from './body-watch.ts';
import { Connection, TooManyWaitingError } from './connection.ts';
import { createGracefulStop } from './graceful-stop.ts';
import { pathOf } from './problem.ts';
import { createServerMetrics } from './server-metrics.ts';
import { joinSmallChunks } from './small-chunks.ts';
import { createUnreadableRequests } from './unreadable-request.ts';

/** Takes connections that leave HTTP, such as those of WebSockets. */
export interface Upgrades {
  /**
   * Called for a request with `Upgrade` on a connection that owes no answer. A request that is not accepted goes to the app,
   * and its connection closes after the answer.
   */
  accepts(request: IncomingMessage): boolean;
  /** Takes over the connection. Bytes received after the head can be read from the socket. */
  take(request: IncomingMessage, socket: Socket): void;
}

export interface HttpServerOptions {
  app: RequestListener;
  /** Default: no upgrades. Connections that it took must be ended before `stop`. */
  upgrades?: Upgrades;
  host: string;
  /** 0 lets the system choose a port; see `address`. */
  port: number;
  logger: Logger;
  /** Default: nothing is counted. */
  metrics?: Registry;
  /** Name of the component, also in metrics. Default `http`. */
  name?: string;
  /** How long a client may take to send the head of a request, in milliseconds. Default 60,000. */
  headersTimeoutMs?: number;
  /** How long a client may send no byte of a body, in milliseconds. Default 60,000. */
  bodyIdleTimeoutMs?: number;
  /**
   * How long a body may take at any speed, in milliseconds. After that it must have come with at least 1 KiB a second on
   * average. Default 20,000.
   */
  bodyTimeoutMs?: number;
  /** How many requests may wait on one connection for the answer to the current one. Default 256. */
  mostWaiting?: number;
  /** Called with each new connection. False answers with 429 `too_many_connections` and closes it. */
  admits?: (socket: Socket) => boolean;
  /** After `stop`: how long new connections are still accepted, in milliseconds. Default 100. */
  acceptGraceMs?: number;
  /** Then: how long idle connections stay open for their clients to leave, in milliseconds. Default 500. */
  idleGraceMs?: number;
  /** Then: how long running requests may take, in milliseconds. Default 5,000. */
  finishWithinMs?: number;
}

export interface HttpServer extends Component {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** @throws {TypeError} before `start` */
  address(): AddressInfo;
}

// Longer than the 60 s of common proxies, so that the proxy closes the connection.
const KEEP_ALIVE_MS = 65_000;
const HEADERS_TIMEOUT_MS = 60_000;
const BODY_IDLE_TIMEOUT_MS = 60_000;
const BODY_TIMEOUT_MS = 20_000;
const MOST_WAITING = 256;
const LONGEST_CHECK_MS = 30_000;

/**
 * Serves `app`, one request of a connection at a time. Unreadable requests get a problem body (400, 408, 431). An error
 * closes only the connection of its request.
 *
 * `stop` breaks no connection that a client is using:
 * 1. connections are still accepted for a moment, while the load balancer learns that the service is not ready;
 * 2. the listening socket closes; requests on open connections are answered with `connection: close`, so that clients leave
 *    by themselves;
 * 3. idle connections are closed, and running requests finish.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { app, upgrades, host, port, logger, name = 'http' } = options;
  const { acceptGraceMs = 100, idleGraceMs = 500, finishWithinMs = 5_000 } = options;
  const { headersTimeoutMs = HEADERS_TIMEOUT_MS, admits = () => true } = options;
  const { bodyIdleTimeoutMs = BODY_IDLE_TIMEOUT_MS, bodyTimeoutMs = BODY_TIMEOUT_MS } = options;
  const { mostWaiting = MOST_WAITING } = options;
  const connections = new Map<Socket, Connection>();
  const active = new Set<ServerResponse>();
  const metrics = options.metrics && createServerMetrics(options.metrics, name, load);
  const unreadable = createUnreadableRequests({
    logger,
    onRefused: (code) => metrics?.connectionEnded(code),
  });
  const bodies = createBodyWatch({ idleMs: bodyIdleTimeoutMs, withinMs: bodyTimeoutMs });
  const unwanted = new WeakSet<Socket>();
  let leaving = false;
  let bodyTimer: NodeJS.Timeout | undefined;

  function load() {
    let waiting = 0;
    for (const connection of connections.values()) waiting += connection.waiting;
    return { connections: connections.size, active: active.size, waiting };
  }

  function open(socket: Socket): Connection {
    const connection = new Connection({ socket, serve, onError, mostWaiting });
    connections.set(socket, connection);
    socket.on('error', ignore);
    socket.once('close', () => {
      connections.delete(socket);
      metrics?.connectionClosed(connection.served);
    });
    return connection;
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    active.add(response);
    response.once('close', () => active.delete(response));
    // After a declined upgrade it is unknown where the next request begins.
    if (leaving || request.headers.upgrade !== undefined) response.setHeader('connection', 'close');
    if (!unreadable.refusesHost(request, response)) app(request, response);
  }

  /** The connection is closed. All others go on. */
  function onError(error: unknown, request: IncomingMessage): void {
    const { method } = request;
    const context = { component: name, method, path: pathOf(request) };
    if (error instanceof TooManyWaitingError) {
      metrics?.connectionEnded('too_many_waiting');
      const clientAddress = request.socket.remoteAddress;
      logger.info('Connection closed: too many requests wait', { ...context, clientAddress });
    } else {
      metrics?.connectionEnded('exception');
      logger.error('Connection closed after an exception', { ...context, error });
    }
  }

  const connectionOf = (socket: Socket): Connection => connections.get(socket) ?? open(socket);

  const listener: RequestListener = (request, response) => {
    const { socket } = request;
    if (unwanted.has(socket)) return;
    keepErrors(request, response, connectionOf(socket));
    joinSmallChunks(request);
    connectionOf(socket).take(request, response);
  };

  function accepts(request: IncomingMessage): boolean {
    const { socket } = request;
    const connection = connectionOf(socket);
    if (!upgrades || unwanted.has(socket) || !connection.isIdle) return false;
    try {
      return upgrades.accepts(request);
    } catch (error) {
      connection.fail(error, request);
      return false;
    }
  }

  function takeUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    request.on('error', ignore);
    if (head.length > 0) socket.unshift(head);
    try {
      upgrades?.take(request, socket);
    } catch (error) {
      connectionOf(socket).fail(error, request);
    }
  }

  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: headersTimeoutMs,
      requestTimeout: 0, // Node's would also end a fast upload.
      connectionsCheckingInterval: Math.min(headersTimeoutMs, LONGEST_CHECK_MS),
      shouldUpgradeCallback: accepts,
      requireHostHeader: false, // Node's answer would have no body.
    },
    listener,
  );
  // The app sends `100 Continue` when it wants the body, and refuses other expectations.
  server.on('checkContinue', listener);
  server.on('checkExpectation', listener);
  // Without a listener Node would close the connection without an answer. CONNECT is for proxies.
  server.on('connect', (_request, socket: Socket) =>
    unreadable.refuseNext(connectionOf(socket), 'malformed_request', 'CONNECT'),
  );
  server.on('upgrade', takeUpgrade);
  server.on('clientError', (error, socket: Socket) => unreadable.onClientError(error, connectionOf(socket)));
  server.on('connection', (socket) => {
    const connection = open(socket);
    if (admits(socket)) return;
    unwanted.add(socket);
    unreadable.refuseNext(connection, 'too_many_connections', 'TOO_MANY_CONNECTIONS');
  });

  function endLateBodies(): void {
    for (const connection of connections.values()) {
      const request = unreadable.unfinishedOn(connection);
      if (request && bodies.isLate(request)) {
        unreadable.refuseUnfinished(connection, 'request_timeout', 'BODY_TIMEOUT');
      }
    }
  }

  const drain = createGracefulStop({
    server,
    sockets: () => connections.keys(),
    active,
    onLeaving: () => {
      leaving = true;
    },
    onCutOff: () =>
      logger.warn('Requests cut off by the shutdown', { component: name, requests: active.size }),
    acceptGraceMs,
    idleGraceMs,
    finishWithinMs,
  });

  return {
    name,
    start: async () => {
      server.listen(port, host);
      await once(server, 'listening');
      bodyTimer = setInterval(endLateBodies, bodies.everyMs);
      logger.info('Listening', { component: name, ...addressOf(server) });
    },
    stop: async () => {
      await drain();
      clearInterval(bodyTimer);
      server.close(); // Ends Node's own timers.
    },
    address: () => addressOf(server),
  };
}

/** Adds error listeners to a client's streams: an error without a listener would end the process. */
function keepErrors(request: IncomingMessage, response: ServerResponse, connection: Connection): void {
  request.on('error', ignore);
  response.on('error', (error) => {
    // After the end of the connection the handler's output is lost anyway.
    if (!response.destroyed && !connection.isEnding) connection.fail(error, request);
  });
}

function ignore(): void {
  // The connection closes, which ends its requests.
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server is not listening');
  return address;
}
