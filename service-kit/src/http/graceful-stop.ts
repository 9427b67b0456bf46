import type { Server, ServerResponse } from 'node:http';
import { Server as TcpServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pTimeout from 'p-timeout';

export interface GracefulStopOptions {
  server: Server;
  /** All open connections, also upgraded ones. */
  sockets: () => Iterable<Socket>;
  /** Answers that are not complete. */
  active: ReadonlySet<ServerResponse>;
  /** Called before the last phase, so that every later answer gets `connection: close`. */
  onLeaving: () => void;
  /** Called when requests did not finish in time. */
  onCutOff: () => void;
  /** How long new connections are still accepted, in milliseconds. */
  acceptGraceMs: number;
  /** Then: how long idle connections stay open for their clients to leave, in milliseconds. */
  idleGraceMs: number;
  /** Then: how long running requests may take, in milliseconds. */
  finishWithinMs: number;
}

const SWEEP_MS = 50;
const QUIET_WITHIN_MS = 500;

/**
 * Stops a server without breaking a connection that a client is using; see `createHttpServer`.
 *
 * Why not http-terminator: it destroys idle connections at once, also one on which a request is just arriving.
 */
export function createGracefulStop(options: GracefulStopOptions): () => Promise<void> {
  const { server, sockets, active, acceptGraceMs, idleGraceMs, finishWithinMs } = options;
  let accepted = 0;
  server.on('connection', () => {
    accepted += 1;
  });

  /**
   * When the listening socket closes, the system resets connections that were not accepted yet. So it closes right after a
   * turn of the event loop without a new connection. Under constant load there may be no such turn.
   */
  async function untilNoneArrives(): Promise<void> {
    const limit = performance.now() + QUIET_WITHIN_MS;
    let before: number;
    do {
      before = accepted;
      await new Promise(setImmediate);
    } while (accepted > before && performance.now() < limit);
  }

  function askClientsToLeave(): void {
    options.onLeaving();
    for (const response of active) {
      if (!response.headersSent) response.setHeader('connection', 'close');
    }
  }

  function closeIdle(): void {
    server.closeIdleConnections();
    // Node does not count a connection as idle before its first request.
    for (const socket of sockets()) if (socket.bytesRead === 0) socket.destroy();
  }

  return async () => {
    const closed = once(server, 'close');
    await delay(acceptGraceMs);
    await untilNoneArrives();
    stopListening(server);
    askClientsToLeave();
    if (await happensWithin(idleGraceMs, closed)) return;
    // After the poll phase of the event loop: a request that has arrived was read, and its connection is not idle.
    const sweep = setInterval(() => setImmediate(closeIdle), SWEEP_MS);
    const finished = await happensWithin(finishWithinMs, closed);
    clearInterval(sweep);
    if (finished) return;
    options.onCutOff();
    server.closeAllConnections();
    // Node does not count upgraded connections.
    for (const socket of sockets()) socket.destroy();
    await closed;
  };
}

/** `close` of the HTTP server would also destroy idle connections, which may be receiving a request. */
function stopListening(server: Server): void {
  TcpServer.prototype.close.call(server);
}

const happensWithin = (ms: number, event: Promise<unknown>): Promise<boolean> =>
  pTimeout(
    event.then(() => true),
    { milliseconds: Math.max(1, ms), fallback: () => false },
  );
