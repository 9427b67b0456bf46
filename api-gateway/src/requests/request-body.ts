import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** The body is longer than the route allows. Without `content-length` this shows only while it is read. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** The client disconnected before its body was complete. */
export class BodyAbortedError extends Error {
  override readonly name = 'BodyAbortedError';
}

/** Whether a request has a body, by its headers. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/**
 * Streams a request's body to a service and counts its bytes. The service's side may destroy it without closing
 * the client's connection, which still needs an answer.
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
    // undici removes its error listener at the end. Without this one a later error would end the process.
    this.on('error', () => undefined);
  }

  override _read(): void {
    if (this.#begun) {
      this.#request.resume();
      return;
    }
    this.#begun = true;
    // Clients that sent `Expect: 100-continue` may send the body now that a service reads it.
    if (this.#request.headers.expect !== undefined && this.#request.httpVersion === '1.1')
      this.#response.writeContinue();
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    // Never removed: Node may emit an error after the body has ended.
    this.#request.on('error', this.#onClose);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#release();
    // Drop the rest of the body, so that the client goes on to read its answer.
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
    if (!this.#request.complete) this.destroy(new BodyAbortedError('the client disconnected'));
  };

  #release(): void {
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
  }
}
