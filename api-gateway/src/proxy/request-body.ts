import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** The body was longer than the route allows; found only on the way when its length was not announced. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** The client went away in the middle of its body. */
export class BodyAbortedError extends Error {
  override readonly name = 'BodyAbortedError';
}

/** Whether a request brings a body, by its headers. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/**
 * A request's body on its way to a service: counted, never collected. The service's side may destroy it without
 * harm to the client's connection, on which an answer has still to be sent.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #maxBytes: number;
  #begun = false;
  #bytes = 0;

  constructor(request: IncomingMessage, response: ServerResponse, maxBytes: number) {
    super();
    this.#request = request;
    this.#response = response;
    this.#maxBytes = maxBytes;
    // Whoever forwards it hears of errors while it listens; one that comes later must not end the process.
    this.on('error', () => undefined);
  }

  override _read(): void {
    if (this.#begun) {
      this.#request.resume();
      return;
    }
    this.#begun = true;
    // Only now, when a service is there to take it, is a client that asks first told to send its body.
    if (this.#request.headers.expect !== undefined && this.#request.httpVersion === '1.1')
      this.#response.writeContinue();
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    // For life: Node may emit an error after this body has ended, and an error without a listener ends the process.
    this.#request.on('error', this.#onClose);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#release();
    // What the client still sends is dropped, so that it comes to reading its answer.
    this.#request.resume();
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      this.destroy(new BodyTooLargeError('the body is too large'));
    } else if (!this.push(chunk)) {
      this.#request.pause();
    }
  };

  readonly #onEnd = (): void => {
    this.#release();
    this.push(null);
  };

  readonly #onClose = (): void => {
    if (!this.#request.complete) this.destroy(new BodyAbortedError('the client has gone'));
  };

  #release(): void {
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
  }
}
