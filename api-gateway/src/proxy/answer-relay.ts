import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Exchange } from './exchange.ts';
import { joinSockets } from './join-sockets.ts';
import { hasBody } from './request-body.ts';
import { answeredHeaders, upgradedHeaders } from './response-headers.ts';

const MOST_AS_TEXT = 16_384;

/** A service's answer on its way to the client, no faster than the client takes it. */
export class AnswerRelay {
  readonly #exchange: Exchange;
  /** Of the body, by its announced length; NaN where there is none. */
  #bytesLeft = Number.NaN;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get hasBegun(): boolean {
    return this.#exchange.answeredAt > 0;
  }

  /** @param flush whether the head is not to wait for the first bytes, which may be long in coming */
  begin(status: number, headers: IncomingHttpHeaders, flush: boolean): void {
    const { request, response, requestId, securityHeaders, limitHeaders } = this.#exchange;
    // RFC 9110, 8.6: a client could take it for the length of what comes next.
    if (status === 204) delete headers['content-length'];
    const answered = answeredHeaders(headers, securityHeaders.names);
    answered.push(...securityHeaders.flat, ...limitHeaders, 'x-request-id', requestId);
    // What the client still sends of a body that the service did not wait for is not worth reading.
    // The connection lingers, so that the answer reaches a client that is still sending.
    if (!request.complete && hasBody(request)) answered.push('connection', 'close');
    response.writeHead(status, answered);
    this.#exchange.answeredAt = performance.now();
    if (request.method !== 'HEAD') this.#bytesLeft = Number(headers['content-length']);
    if (flush) response.flushHeaders();
  }

  /** @returns whether that was the end of the answer, by its length */
  pass(chunk: Buffer, controller: Dispatcher.DispatchController): boolean {
    const { response } = this.#exchange;
    this.#exchange.bytesOut += chunk.length;
    this.#bytesLeft -= chunk.length;
    if (this.#bytesLeft === 0) {
      // Head, body and end in one write; a short body as text, which costs less than two buffers.
      if (chunk.length > MOST_AS_TEXT) response.end(chunk);
      else response.end(chunk.toString('latin1'), 'latin1');
      return true;
    }
    if (!response.write(chunk)) {
      controller.pause();
      response.once('drain', () => controller.resume());
    }
    return false;
  }

  end(): void {
    this.#exchange.response.end();
  }

  /** The service's connection becomes the client's. */
  join(headers: IncomingHttpHeaders, socket: Duplex, onClosed: () => void): void {
    const { upgrade, response, requestId, limitHeaders } = this.#exchange;
    if (!upgrade) throw new Error('an upgrade that nobody asked for');
    const upgraded = upgradedHeaders(headers, upgrade);
    response.writeHead(101, [...upgraded, ...limitHeaders, 'x-request-id', requestId]);
    this.#exchange.answeredAt = performance.now();
    response.flushHeaders();
    joinSockets(upgrade.socket, socket, (bytesOut) => {
      this.#exchange.bytesOut = bytesOut;
      onClosed();
    });
  }
}
