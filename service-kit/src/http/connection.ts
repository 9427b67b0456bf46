import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionOptions {
  socket: Socket;
  /** Handles one request. The answer may come later. */
  serve: (request: IncomingMessage, response: ServerResponse) => void;
  /** Called with an error of `serve`, or when a client pipelines too many requests. The connection is closed then. */
  onError: (error: unknown, request: IncomingMessage) => void;
  /** Maximum number of requests that wait for the answer to the current one. */
  mostWaiting: number;
}

// As nginx does: linger until no byte has come for a second, for five seconds and this many bytes at most.
const LINGER_CHECK_MS = 1_000;
const LINGER_CHECKS = 5;
const LINGER_BYTES = 16 * 1_048_576;

/** A client pipelined more requests than one connection may have. */
export class TooManyWaitingError extends Error {
  override readonly name = 'TooManyWaitingError';
}

/**
 * A client's connection. Its requests are handled one at a time, in their order. So a client cannot run unsafe requests
 * concurrently (RFC 9112, 9.3.2), and cannot load a service with many requests on one connection.
 *
 * Reading pauses only while a second request waits, because a paused socket does not notice that its client has gone.
 *
 * A connection that ends lingers: bytes that the client still sends are thrown away for a moment. Closing at once would
 * make the system send a reset, which can destroy the last answer on its way.
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
  /** Number of handled requests. */
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

  /** The answer to the current request; undefined without one. */
  get current(): ServerResponse | undefined {
    return this.#current;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The answer to the latest request, until it is complete. */
  get latest(): ServerResponse | undefined {
    return this.#latest?.closed === false ? this.#latest : undefined;
  }

  /** The latest request in work, while its body is incomplete. It may already have its answer. */
  get unfinished(): IncomingMessage | undefined {
    return this.#begun?.complete === false ? this.#begun : undefined;
  }

  /** True when the connection owes no answer and takes further requests. */
  get isIdle(): boolean {
    return this.#takesMore && this.latest === undefined;
  }

  /** Handles a request now, or after the answers to those before it. */
  take(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#takesMore) return;
    this.#latest = response;
    // After a request for an upgrade the protocol may change. Node loses the rest of the same read when the upgrade is
    // declined, so later bytes may not be the begin of a request.
    if (request.headers.upgrade !== undefined) this.#takesMore = false;
    if (!this.#current) {
      this.#begin(response);
    } else if (this.#waiting.length >= this.#options.mostWaiting) {
      this.fail(new TooManyWaitingError('too many requests wait on this connection'), request);
    } else {
      this.#waiting.push(response);
      // After the parser has had the rest of this read: at the end of a message Node resumes reading.
      process.nextTick(() => this.#pauseWhileSomeWait());
    }
  }

  /** Drops a waiting request, because the rest of it cannot be read. */
  forget(response: ServerResponse): void {
    const index = this.#waiting.indexOf(response);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Takes no further request, and calls back when all owed answers are complete. */
  endAfterAnswers(then: () => void): void {
    this.#takesMore = false;
    if (this.#current) this.#afterAnswers = then;
    else then();
  }

  /** Whether our side of the connection has ended. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /**
   * Ends our side of the connection, and lingers.
   *
   * @param lastAnswer bytes to send before the end
   */
  end(lastAnswer?: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#takesMore = false;
    const { socket } = this;
    if (lastAnswer !== undefined) socket.write(lastAnswer);
    socket.end();
    // Keep reading, to notice the end of the client's side.
    this.unfinished?.resume();
    socket.resume();
    const from = socket.bytesRead;
    let before = from;
    let checks = 0;
    const check = setInterval(() => {
      const { bytesRead } = socket;
      checks += 1;
      const isOver = bytesRead === before || checks === LINGER_CHECKS || bytesRead - from > LINGER_BYTES;
      if (isOver) socket.destroy();
      before = bytesRead;
    }, LINGER_CHECK_MS);
    socket.once('close', () => clearInterval(check));
  }

  /** Closes this connection after an error of its handling. Other connections go on. */
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
      // After the handler's listeners: for them this request ends before the next one begins.
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
