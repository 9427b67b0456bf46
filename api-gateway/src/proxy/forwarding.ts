import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Logger } from 'service-kit/logging';
import type { ServiceRoute } from '../routing/route.ts';
import type { Bulkhead, Guest } from './bulkhead.ts';
import type { Exchange } from './exchange.ts';
import { isEventStream, type OpenStream, type OpenStreams } from './open-streams.ts';
import { BodyTooLargeError, type RequestBody } from './request-body.ts';
import { answeredHeaders, upgradedHeaders } from './response-headers.ts';
import { joinSockets } from './join-sockets.ts';
import { codeOf, isConnectionFailure, isTimeout } from './upstream-error.ts';
import type { UpstreamService } from './upstream-service.ts';
import type { Upstream } from './upstream.ts';

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const RETRY_AFTER = { 'retry-after': '1' };

export interface ForwardingOptions {
  exchange: Exchange;
  route: ServiceRoute;
  service: UpstreamService;
  streams: OpenStreams;
  logger: Logger;
  method: Dispatcher.HttpMethod;
  /** Path and query as forwarded. */
  target: string;
  /** Names and values in turn, without content-length. */
  headers: string[];
  body: RequestBody | undefined;
}

/**
 * One request on its way through a service and back. It is undici's handler itself, so that a request needs no
 * closures; undici calls it, the timer, the bulkhead and the client's connection do, and whoever comes first ends it.
 */
export class Forwarding implements Dispatcher.DispatchHandler, Guest, OpenStream {
  readonly #exchange: Exchange;
  readonly #options: ForwardingOptions;
  readonly #bulkhead: Bulkhead;
  readonly #timer: NodeJS.Timeout;
  #upstream: Upstream | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #upgraded: Duplex | undefined;
  #attempts = 0;
  /** Something of this attempt may have reached the service. */
  #maybeSent = false;
  #answering = false;
  #ended = false;
  #bytesLeft = Number.NaN;
  #socketBytesRead = 0;

  constructor(options: ForwardingOptions) {
    const { exchange, route, service } = options;
    this.#options = options;
    this.#exchange = exchange;
    this.#bulkhead = route.stream ? service.streams : service.requests;
    this.#timer = setTimeout(onDeadline, route.timeoutMs, this);
  }

  get token(): Exchange['token'] {
    return this.#exchange.token;
  }

  get kind(): 'websocket' | 'events' {
    return this.#upgraded ? 'websocket' : 'events';
  }

  start(): void {
    this.#bulkhead.enter(this);
  }

  onAdmitted(): void {
    this.#send();
  }

  onTurnedAway(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#exchange.refuse('service_unavailable', undefined, RETRY_AFTER);
    this.#options.body?.destroy();
  }

  #send(): void {
    const { method, route, service, target, headers, body } = this.#options;
    const upstream = service.pick(this, this.#upstream);
    if (!upstream) {
      this.#end();
      this.#exchange.refuse('service_unavailable', undefined, RETRY_AFTER);
      body?.destroy();
      return;
    }
    this.#upstream = upstream;
    this.#attempts += 1;
    this.#maybeSent = false;
    this.#controller = undefined;
    this.#exchange.upstream = upstream.label;
    upstream.pending += 1;
    const pool = route.stream ? upstream.streams : upstream.requests;
    const upgrade = this.#exchange.upgrade && 'websocket';
    pool.dispatch({ method, path: target, headers, body: body ?? null, upgrade: upgrade ?? null }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#maybeSent = true;
    this.#controller = controller;
    if (this.#ended) controller.abort(new Error('nobody waits for the answer'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (this.#ended) return;
    if (status < 200) {
      // The service says that it is at it, so its time begins anew.
      this.#timer.refresh();
      return;
    }
    this.#onAnswer();
    const { request, response, requestId, securityHeaders } = this.#exchange;
    const answered = answeredHeaders(headers, securityHeaders.names);
    answered.push(...securityHeaders.flat, 'x-request-id', requestId);
    // The rest of a body that the service did not wait for would be taken for the next request.
    if (!request.complete && this.#options.body) answered.push('connection', 'close');
    response.writeHead(status, answered);
    this.#bytesLeft = request.method === 'HEAD' ? Number.NaN : Number(headers['content-length']);
    if (!this.#options.route.stream) return;
    // Its first event may be long in coming.
    response.flushHeaders();
    if (isEventStream(headers)) this.#options.streams.add(this);
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    const { upgrade, response, requestId } = this.#exchange;
    if (this.#ended || !upgrade) {
      socket.destroy();
      this.#leave();
      return;
    }
    this.#onAnswer();
    this.#upgraded = socket;
    response.writeHead(status, [...upgradedHeaders(headers, upgrade), 'x-request-id', requestId]);
    response.flushHeaders();
    this.#options.streams.add(this);
    joinSockets(upgrade.socket, socket, (bytesOut) => {
      this.#exchange.bytesOut = bytesOut;
      this.#end();
      this.#leave();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended) return;
    this.#exchange.bytesOut += chunk.length;
    this.#bytesLeft -= chunk.length;
    // Head, body and end in one write, where the length says that this is all.
    if (this.#bytesLeft === 0) this.#finish(chunk);
    else if (!this.#exchange.response.write(chunk)) {
      controller.pause();
      this.#exchange.response.once('drain', () => controller.resume());
    }
  }

  onResponseEnd(): void {
    if (!this.#ended) this.#finish();
    this.#leave();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.#ended && isConnectionFailure(error)) this.#upstream?.breaker.failed(this);
    this.#leave();
    if (this.#ended) return;
    if (this.#answering) {
      this.#logFailure(error);
      this.#end();
      this.#exchange.response.destroy();
    } else if (this.#mayRetry(error)) {
      this.#send();
    } else {
      this.#refuseAfter(error);
    }
  }

  /** Nobody waits for the answer any more. */
  onClientGone(): void {
    this.#stop(new Error('the client has gone'));
  }

  /** The stream's time is over. Whoever asked for it may ask again. */
  endStream(reason: string): void {
    if (this.#ended) return;
    this.#exchange.endedBecause = reason;
    if (!this.#upgraded) this.#exchange.response.end();
    this.#stop(new Error(reason));
  }

  onDeadline(): void {
    if (this.#ended) return;
    const { request } = this.#exchange;
    const uploading = this.#options.body !== undefined && !request.complete;
    const bytesRead = request.socket?.bytesRead ?? 0;
    if (uploading && bytesRead > this.#socketBytesRead) {
      this.#socketBytesRead = bytesRead;
      this.#timer.refresh();
      return;
    }
    const late = new Error('the deadline has passed');
    if (this.#answering) {
      this.#logFailure(late);
      this.#exchange.response.destroy();
    } else if (uploading) {
      this.#exchange.refuse('request_timeout', undefined, { connection: 'close' });
    } else {
      this.#upstream?.breaker.failed(this);
      this.#logFailure(late);
      this.#exchange.refuse('upstream_timeout');
    }
    this.#stop(late);
  }

  #onAnswer(): void {
    // A request has its time in all, until the end of its answer; a stream until it begins.
    if (this.#options.route.stream) clearTimeout(this.#timer);
    this.#answering = true;
    this.#exchange.answeredAt = performance.now();
    this.#upstream?.breaker.succeeded(this);
  }

  /**
   * Once, and only after a connection failure. A request of which nothing can have been written may always be
   * sent again; another one only if doing it twice is the same as once and it has no body.
   */
  #mayRetry(error: Error): boolean {
    if (this.#attempts > 1 || !isConnectionFailure(error)) return false;
    const { body } = this.#options;
    if (!this.#maybeSent) return body === undefined || !body.destroyed;
    return body === undefined && IDEMPOTENT.has(this.#options.method);
  }

  #refuseAfter(error: Error): void {
    const { body, route } = this.#options;
    this.#end();
    if (error instanceof BodyTooLargeError || body?.errored instanceof BodyTooLargeError) {
      this.#exchange.refuse('payload_too_large', `The body may have at most ${route.maxBodyBytes} bytes`);
    } else {
      this.#logFailure(error);
      this.#exchange.refuse(isTimeout(error) ? 'upstream_timeout' : 'upstream_failed');
    }
    body?.destroy();
  }

  #logFailure(error: Error): void {
    const { requestId, trace, upstream } = this.#exchange;
    this.#options.logger.warn('upstream failed', {
      route: this.#options.route.name,
      upstream,
      code: codeOf(error),
      reason: error.message,
      requestId,
      traceId: trace.traceId,
    });
  }

  #finish(chunk?: Buffer): void {
    this.#end();
    this.#exchange.response.end(chunk);
  }

  #stop(reason: Error): void {
    if (this.#ended) return;
    this.#end();
    if (this.#upgraded) this.#upgraded.destroy();
    else this.#controller?.abort(reason);
    this.#options.body?.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#options.streams.delete(this);
    this.#bulkhead.leave(this);
  }

  #leave(): void {
    if (!this.#upstream) return;
    this.#upstream.pending -= 1;
    this.#upstream.breaker.left(this);
  }
}

function onDeadline(forwarding: Forwarding): void {
  forwarding.onDeadline();
}
