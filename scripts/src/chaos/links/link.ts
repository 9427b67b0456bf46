import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createDelayLine } from './delay-line.ts';

/** What a link does to the bytes that pass it. `half-open` accepts and swallows, `cut` refuses. */
export type LinkState =
  | { is: 'clear' }
  | { is: 'slow'; delayMs: number }
  | { is: 'half-open' }
  | { is: 'cut' };

export interface LinkOptions {
  /** `game-event-service-2 → redis` */
  name: string;
  port: number;
  /** The port that it leads to. */
  target: number;
}

const HOST = '127.0.0.1';
const CLEAR: LinkState = { is: 'clear' };
const PROBE_EVERY_MS = 50;

/**
 * A TCP proxy on loopback in the place of one network link, which can be slowed, cut, or made to swallow. It refuses
 * while its target does: whether a connection was refused or lost makes a difference to who tries again.
 */
export class Link {
  readonly name: string;
  readonly port: number;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #state: LinkState = CLEAR;
  #closed = false;

  private constructor({ name, port, target }: LinkOptions) {
    this.name = name;
    this.port = port;
    this.#target = target;
  }

  static async open(options: LinkOptions): Promise<Link> {
    const link = new Link(options);
    await link.#listen();
    return link;
  }

  get state(): LinkState {
    return this.#state;
  }

  set(state: LinkState): void {
    const swallowed = this.#state.is === 'half-open';
    this.#state = state;
    // What was swallowed is missing from the streams, so they cannot go on.
    if (state.is === 'cut' || swallowed) this.reset();
    if (state.is === 'cut') void this.#refuse();
  }

  clear(): void {
    this.set(CLEAR);
  }

  /** Ends every connection with a RST. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#server?.close();
    this.reset();
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => void this.#accept(socket));
    server.listen(this.port, HOST);
    await once(server, 'listening');
    this.#server = server;
  }

  /** Takes no connections until it is not cut any more and its target takes them. */
  async #refuse(): Promise<void> {
    if (!this.#server) return;
    this.#server.close();
    this.#server = undefined;
    while (!this.#closed && !this.#server) {
      await delay(PROBE_EVERY_MS);
      const probe = this.#state.is === 'cut' ? undefined : await this.#connect();
      probe?.destroy();
      // The port may not be free again at once.
      if (probe && !this.#closed) await this.#listen().catch(() => {});
    }
  }

  async #accept(near: Socket): Promise<void> {
    this.#keep(near);
    // Nothing is read before there is somebody to write it to; half open, it goes nowhere.
    near.pause();
    if (this.#state.is === 'half-open') {
      near.resume();
      return;
    }
    const far = await this.#connect();
    if (far === undefined) void this.#refuse();
    if (far === undefined || near.destroyed) {
      near.resetAndDestroy();
      far?.resetAndDestroy();
      return;
    }
    this.#flow(near, far);
    this.#flow(far, near);
  }

  async #connect(): Promise<Socket | undefined> {
    const far = createConnection({ port: this.#target, host: HOST, noDelay: true });
    this.#keep(far);
    const connected = await new Promise<boolean>((resolve) => {
      far.once('connect', () => resolve(true));
      far.once('close', () => resolve(false));
    });
    return connected ? far : undefined;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #flow(from: Socket, to: Socket): void {
    const later = createDelayLine(() => (this.#state.is === 'slow' ? this.#state.delayMs : 0));
    const pass = (chunk: Buffer): void => {
      if (!to.destroyed && !to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    };
    from.on('data', (chunk: Buffer) => {
      if (this.#state.is !== 'half-open') later(() => pass(chunk));
    });
    from.on('end', () => {
      if (this.#state.is !== 'half-open') later(() => to.end());
    });
    from.on('close', () => {
      if (this.#state.is !== 'half-open') later(() => to.destroy());
    });
    from.resume();
  }
}
