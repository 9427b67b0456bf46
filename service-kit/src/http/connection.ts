import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionOptions {
  socket: Socket;
  /** Handles one request. It may answer later. */
  serve: (request: IncomingMessage, response: ServerResponse) => void;
  /** Hears what `serve` threw, and of a client that sends too many requests ahead. The connection is closed then. */
  onError: (error: unknown, request: IncomingMessage) => void;
  /** Requests that may wait for the answer to the one in work. */
  mostWaiting: number;
}

// As nginx lingers: until nothing more has come for a second, five seconds in all, and no more than this much.
const LINGER_LOOK_MS = 1_000;
const LINGER_LOOKS = 5;
const LINGER_BYTES = 16 * 1_048_576;

/** A client sent more requests ahead of their answers than one connection may. */
export class TooManyWaitingError extends Error {
  override readonly name = 'TooManyWaitingError';
}

/**
 * One client's connection. Its requests are handled one at a time, in the order in which they came, so that a client can
 * neither run unsafe requests side by side (RFC 9112, 9.3.2) nor put many requests at a service with one connection.
 *
 * Reading pauses only once a second request has come: a paused socket does not notice that its client has gone.
 *
 * A connection that ends lingers: what its client still sends is thrown away for a moment. Closing at once would make the
 * system send a reset, which can destroy the last answer on its way.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #waiting: ServerResponse[] = [];
  #current: ServerResponse | undefined;
  #latest: ServerResponse | undefined;
  #begun: IncomingMessage | undefined;
  #takesMore = true;
  #isEnding = false;
  #afterAnswers: (() => void) | undefined;
  /** Requests that were handled. */
  served = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    options.socket.once('close', () => {
      this.#takesMore = false;
      this.#waiting.length = 0;
    });
    // Node calls this after the last answer of a connection.
    options.socket.destroySoon = () => this.end();
  }

  get socket(): Socket {
    return this.#options.socket;
  }

  /** The answer to the request in work; undefined while there is none. */
  get current(): ServerResponse | undefined {
    return this.#current;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The answer to the request whose head came last, until it is complete. */
  get latest(): ServerResponse | undefined {
    return this.#latest?.closed === false ? this.#latest : undefined;
  }

  /** The request that was begun last, while its body has not come whole; it may have its answer already. */
  get unfinished(): IncomingMessage | undefined {
    return this.#begun?.complete === false ? this.#begun : undefined;
  }

  /** Whether it owes no answer and takes further requests. */
  get isIdle(): boolean {
    return this.#takesMore && this.latest === undefined;
  }

  /** Handles a request now, or once the answers to those before it are complete. */
  take(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#takesMore) return;
    this.#latest = response;
    // What follows a request for an upgrade is in another protocol. Node loses the rest of the same read when the upgrade
    // is declined, so what comes after it cannot be told from a request.
    if (request.headers.upgrade !== undefined) this.#takesMore = false;
    if (!this.#current) {
      this.#begin(response);
    } else if (this.#waiting.length >= this.#options.mostWaiting) {
      this.fail(new TooManyWaitingError('too many requests wait on one connection'), request);
    } else {
      this.#waiting.push(response);
      // After the parser has had the rest of what was read: at the end of a message Node resumes reading.
      process.nextTick(() => this.#pauseWhileSomeWait());
    }
  }

  /** Forgets a request that waits, because the rest of it cannot be read. */
  forget(response: ServerResponse): void {
    const index = this.#waiting.indexOf(response);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Takes no further request, and calls back once every answer that is still owed is complete. */
  endAfterAnswers(then: () => void): void {
    this.#takesMore = false;
    if (this.#current) this.#afterAnswers = then;
    else then();
  }

  /** Whether our side of the connection has been ended. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /**
   * Ends our side of the connection, and lingers.
   *
   * @param lastAnswer bytes that are sent before the end
   */
  end(lastAnswer?: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#takesMore = false;
    const { socket } = this;
    if (lastAnswer !== undefined) socket.write(lastAnswer);
    socket.end();
    // Read on, so that the end of the client's side is noticed.
    this.unfinished?.resume();
    socket.resume();
    const from = socket.bytesRead;
    let before = from;
    let looks = 0;
    const look = setInterval(() => {
      const { bytesRead } = socket;
      looks += 1;
      const isOver = bytesRead === before || looks === LINGER_LOOKS || bytesRead - from > LINGER_BYTES;
      if (isOver) socket.destroy();
      before = bytesRead;
    }, LINGER_LOOK_MS);
    socket.once('close', () => clearInterval(look));
  }

  /** Closes this connection, and nothing else, because of an error while it was handled. */
  fail(error: unknown, request: IncomingMessage): void {
    this.#takesMore = false;
    this.#waiting.length = 0;
    this.#options.onError(error, request);
    this.socket.destroy();
  }

  #begin(response: ServerResponse): void {
    this.#current = response;
    this.#begun = response.req;
    this.served += 1;
    try {
      this.#options.serve(response.req, response);
      // After the listeners of the handler: the request is over for them before the next one begins.
      response.once('close', () => this.#onAnswered());
    } catch (error) {
      this.fail(error, response.req);
    }
  }

  #onAnswered(): void {
    this.#current = undefined;
    // An answer with `connection: close` was the last one.
    if (this.socket.destroyed || this.#isEnding) this.#waiting.length = 0;
    const next = this.#waiting.shift();
    if (next) this.#begin(next);
    if (this.#waiting.length === 0) this.socket.resume();
    if (!this.#current) this.#afterAnswers?.();
  }

  #pauseWhileSomeWait(): void {
    if (this.#waiting.length > 0) this.socket.pause();
  }
}
