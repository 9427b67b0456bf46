import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Logger } from 'service-kit/logging';
import type { ServiceRoute } from '../routing/route.ts';
import type { Exchange } from './exchange.ts';
import { BodyTooLargeError, type RequestBody } from './request-body.ts';
import { answeredHeaders } from './response-headers.ts';
import { codeOf, isConnectionFailure, isTimeout } from './upstream-error.ts';
import type { Upstream, Upstreams } from './upstreams.ts';

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface ForwardingOptions {
  exchange: Exchange;
  route: ServiceRoute;
  upstreams: Upstreams;
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
 * closures; undici calls it, the timer and the client's connection do, and whoever comes first ends it.
 */
export class Forwarding implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  readonly #options: ForwardingOptions;
  readonly #timer: NodeJS.Timeout;
  #upstream: Upstream | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #attempts = 0;
  /** Something of this attempt may have reached the service. */
  #maybeSent = false;
  #answering = false;
  #ended = false;
  #bytesLeft = Number.NaN;
  #socketBytesRead = 0;

  constructor(options: ForwardingOptions) {
    this.#options = options;
    this.#exchange = options.exchange;
    this.#timer = setTimeout(onDeadline, options.route.timeoutMs, this);
  }

  send(): void {
    const { method, route, upstreams, target, headers, body } = this.#options;
    const upstream = upstreams.pick(route.targetEnv, this.#upstream);
    if (!upstream) throw new Error(`no upstream for ${route.targetEnv}`);
    this.#upstream = upstream;
    this.#attempts += 1;
    this.#maybeSent = false;
    this.#controller = undefined;
    this.#exchange.upstream = upstream.origin;
    upstream.pending += 1;
    upstream.pool.dispatch(
      {
        method,
        path: target,
        headers,
        body: body ?? null,
        bodyTimeout: route.timeoutMs,
      },
      this,
    );
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
    if (status < 200 || this.#ended) return;
    clearTimeout(this.#timer);
    this.#answering = true;
    const { request, response, requestId, securityHeaders } = this.#exchange;
    const answered = answeredHeaders(headers, securityHeaders.names);
    answered.push(...securityHeaders.flat, 'x-request-id', requestId);
    // The rest of a body that the service did not wait for would be taken for the next request.
    if (!request.complete && this.#options.body) answered.push('connection', 'close');
    response.writeHead(status, answered);
    this.#bytesLeft = request.method === 'HEAD' ? Number.NaN : Number(headers['content-length']);
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
    this.#leave();
    if (this.#ended) return;
    if (this.#answering) {
      this.#logFailure(error);
      this.#end();
      this.#exchange.response.destroy();
    } else if (this.#mayRetry(error)) {
      this.send();
    } else {
      this.#refuseAfter(error);
    }
  }

  /** Nobody waits for the answer any more. */
  onClientGone(): void {
    this.#stop(new Error('the client has gone'));
  }

  onDeadline(): void {
    if (this.#ended || this.#answering) return;
    const { request } = this.#exchange;
    const uploading = this.#options.body !== undefined && !request.complete;
    const bytesRead = request.socket?.bytesRead ?? 0;
    if (uploading && bytesRead > this.#socketBytesRead) {
      this.#socketBytesRead = bytesRead;
      this.#timer.refresh();
      return;
    }
    if (uploading) this.#exchange.refuse('request_timeout', undefined, { connection: 'close' });
    else this.#exchange.refuse('upstream_timeout');
    this.#stop(new Error('the deadline has passed'));
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
    this.#controller?.abort(reason);
    this.#options.body?.destroy();
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #leave(): void {
    if (this.#upstream) this.#upstream.pending -= 1;
  }
}

function onDeadline(forwarding: Forwarding): void {
  forwarding.onDeadline();
}
