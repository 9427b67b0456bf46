import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { GatewayRequest } from '../requests/gateway-request.ts';
import { joinSockets } from './join-sockets.ts';
import { hasBody } from '../requests/request-body.ts';
import { answeredHeaders, upgradedHeaders } from './response-headers.ts';

const MOST_AS_TEXT = 16_384;

/** Passes a service's answer to the client, no faster than the client reads it. */
export class AnswerRelay {
  readonly #request: GatewayRequest;
  /** Bytes of the body that are still to come, by `content-length`; NaN without it. */
  #bytesLeft = Number.NaN;

  constructor(request: GatewayRequest) {
    this.#request = request;
  }

  get hasBegun(): boolean {
    return this.#request.answeredAt > 0;
  }

  /** @param flush sends the head at once, for an answer whose first bytes may be late */
  begin(status: number, headers: IncomingHttpHeaders, flush: boolean): void {
    const { incoming, response, requestId, securityHeaders, limitHeaders } = this.#request;
    // RFC 9110, 8.6: a client could apply it to the next answer.
    if (status === 204) delete headers['content-length'];
    const answered = answeredHeaders(headers, securityHeaders.names);
    answered.push(...securityHeaders.flat, ...limitHeaders, 'x-request-id', requestId);
    // The service answered before it had the whole body. Close the connection: the rest of the body is not worth
    // reading. The server lingers, so that a client that is still sending receives the answer.
    if (!incoming.complete && hasBody(incoming)) answered.push('connection', 'close');
    response.writeHead(status, answered);
    this.#request.answeredAt = performance.now();
    if (incoming.method !== 'HEAD') this.#bytesLeft = Number(headers['content-length']);
    if (flush) response.flushHeaders();
  }

  /** @returns whether the answer is complete, by its length */
  pass(chunk: Buffer, controller: Dispatcher.DispatchController): boolean {
    const { response } = this.#request;
    this.#request.bytesOut += chunk.length;
    this.#bytesLeft -= chunk.length;
    if (this.#bytesLeft === 0) {
      // Head, body and end leave in one write. A short body goes as text, because Node then joins it with the
      // head.
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
    this.#request.response.end();
  }

  /** Joins the client's connection with the service's, after an upgrade. */
  join(headers: IncomingHttpHeaders, socket: Duplex, onClosed: () => void): void {
    const { upgrade, response, requestId, limitHeaders } = this.#request;
    if (!upgrade) throw new Error('the service upgraded a request that asked for no upgrade');
    const upgraded = upgradedHeaders(headers, upgrade);
    response.writeHead(101, [...upgraded, ...limitHeaders, 'x-request-id', requestId]);
    this.#request.answeredAt = performance.now();
    response.flushHeaders();
    joinSockets(upgrade.socket, socket, (bytesOut) => {
      this.#request.bytesOut = bytesOut;
      onClosed();
    });
  }
}
