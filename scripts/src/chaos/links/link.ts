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

/** `there` leads from the client to the target, `back` from the target to the client. */
type Direction = 'there' | 'back';

/** Silences a connection at a chosen moment of its protocol. */
export interface Snare {
  /** Bytes on their way there that are waited for. */
  bytes: Buffer;
  /** The link swallows from then on: these bytes and all that follow, or all that comes back. */
  swallows: Direction;
}

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
 * A TCP proxy on loopback that stands for one network link. It can be slowed, cut, or made to swallow. It refuses while
 * its target does, because clients treat a refused connection and a lost one differently.
 */
export class Link {
  readonly name: string;
  readonly port: number;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #state: LinkState = CLEAR;
  #snare: (Snare & { sprung: () => void }) | undefined;
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
    // The streams lack the swallowed bytes, so they cannot go on.
    if (state.is === 'cut' || swallowed) this.reset();
    if (state.is === 'cut') void this.#refuse();
  }

  clear(): void {
    this.set(CLEAR);
  }

  /** Sets a snare and replaces an earlier one. Resolves when it has sprung, on one connection. */
  snare(snare: Snare): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#snare = { ...snare, sprung: resolve };
    return promise;
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
    // The link reads nothing before the other side is connected. A half-open link drops what it reads.
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
    const dumb = new Set<Direction>();
    near.on('data', (chunk: Buffer) => this.#spring(chunk, dumb));
    this.#flow(near, far, () => dumb.has('there'));
    this.#flow(far, near, () => dumb.has('back'));
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

  #spring(chunk: Buffer, dumb: Set<Direction>): void {
    if (!this.#snare || !chunk.includes(this.#snare.bytes)) return;
    dumb.add(this.#snare.swallows);
    this.#snare.sprung();
    this.#snare = undefined;
  }

  #flow(from: Socket, to: Socket, isDumb: () => boolean): void {
    const later = createDelayLine(() => (this.#state.is === 'slow' ? this.#state.delayMs : 0));
    const pass = (chunk: Buffer): void => {
      if (!to.destroyed && !to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    };
    from.on('data', (chunk: Buffer) => {
      if (this.#state.is !== 'half-open' && !isDumb()) later(() => pass(chunk));
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
