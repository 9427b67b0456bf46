import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Logger } from 'service-kit/logging';
import { networkOf } from '../limits/network-of.ts';
import type { ServiceRoute } from '../routing/route.ts';
import { AnswerRelay } from './answer-relay.ts';
import { Attempt, type AttemptListener } from './attempt.ts';
import type { Bulkhead, Entrant } from './bulkhead.ts';
import type { Exchange } from './exchange.ts';
import { isEventStream, type OpenStream, type OpenStreams } from './open-streams.ts';
import { BodyTooLargeError, type RequestBody } from './request-body.ts';
import { codeOf, isConnectionFailure, isTimeout } from './upstream-error.ts';
import type { UpstreamService } from './upstream-service.ts';
import type { Upstream } from './upstream.ts';

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const RETRY_AFTER = { 'retry-after': '1' };
// How long a client gets to read what is left of a stream that has ended.
const FAREWELL_MS = 1_000;

export interface ForwardingOptions {
  exchange: Exchange;
  route: ServiceRoute;
  service: UpstreamService;
  streams: OpenStreams;
  logger: Logger;
  method: Dispatcher.HttpMethod;
  /** Path and query as forwarded. */
  target: string;
  /** Names and values in turn. */
  headers: string[];
  body: RequestBody | undefined;
}

/**
 * One request on its way through a service and back. Its attempts call it, and so do the timer, the bulkhead and the
 * client's connection: whoever comes first ends it.
 */
export class Forwarding implements AttemptListener, Entrant, OpenStream {
  readonly #exchange: Exchange;
  readonly #options: ForwardingOptions;
  readonly #bulkhead: Bulkhead;
  readonly #answer: AnswerRelay;
  readonly #timer: NodeJS.Timeout;
  readonly client: string;
  #attempt: Attempt | undefined;
  #attempts = 0;
  #upgraded: Duplex | undefined;
  #ended = false;
  #socketBytesRead = 0;

  constructor(options: ForwardingOptions) {
    const { exchange, route, service } = options;
    this.#options = options;
    this.#exchange = exchange;
    this.client = networkOf(exchange.clientAddress);
    this.#bulkhead = route.stream ? service.streams : service.requests;
    this.#answer = new AnswerRelay(exchange);
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
    this.#guard(() => this.#send(undefined));
  }

  onRejected(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#guard(() => this.#refuseForNow());
  }

  #send(except: Upstream | undefined): void {
    const { method, route, service, target: path, headers, body = null } = this.#options;
    const attempt = new Attempt(this, service, except);
    const { upstream } = attempt;
    if (!upstream) {
      this.#end();
      this.#refuseForNow();
      return;
    }
    this.#attempt = attempt;
    this.#attempts += 1;
    this.#exchange.upstream = upstream.label;
    const pool = route.stream ? upstream.streams : upstream.requests;
    const upgrade = this.#exchange.upgrade ? 'websocket' : null;
    pool.dispatch({ method, path, headers, body, upgrade }, attempt);
  }

  onProgress(): void {
    this.#timer.refresh();
  }

  onAnswer(status: number, headers: IncomingHttpHeaders): void {
    const isStream = this.#options.route.stream;
    this.#answer.begin(status, headers, isStream);
    // A request has its time in all, until the end of its answer; a stream until it begins.
    if (!isStream) return;
    clearTimeout(this.#timer);
    if (isEventStream(headers)) this.#options.streams.add(this);
  }

  onUpgrade(headers: IncomingHttpHeaders, socket: Duplex): void {
    clearTimeout(this.#timer);
    this.#upgraded = socket;
    this.#guard(() => {
      this.#answer.join(headers, socket, () => {
        this.#end();
        this.#attempt?.leave();
      });
      this.#options.streams.add(this);
    });
  }

  onData(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    if (this.#ended) return;
    if (this.#answer.pass(chunk, controller)) this.#end();
  }

  onEnd(): void {
    if (this.#ended) return;
    this.#end();
    this.#guard(() => this.#answer.end());
  }

  onFailure(error: Error): void {
    if (!this.#ended) this.#guard(() => this.#onFailure(error));
  }

  #onFailure(error: Error): void {
    if (this.#answer.hasBegun) {
      this.#logFailure(error);
      this.#end();
      this.#exchange.response.destroy();
    } else if (this.#mayRetry(error)) {
      this.#send(this.#attempt?.upstream);
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
    if (!this.#upgraded) this.#answer.end();
    this.#stop(new Error(reason));
    const { response } = this.#exchange;
    setTimeout(() => response.destroy(), FAREWELL_MS).unref();
  }

  onDeadline(): void {
    if (!this.#ended) this.#guard(() => this.#onDeadline());
  }

  #onDeadline(): void {
    const { request } = this.#exchange;
    const uploading = this.#options.body !== undefined && !request.complete;
    const bytesRead = request.socket?.bytesRead ?? 0;
    if (uploading && bytesRead > this.#socketBytesRead) {
      this.#socketBytesRead = bytesRead;
      this.#timer.refresh();
      return;
    }
    const late = new Error('the deadline has passed');
    if (this.#answer.hasBegun) {
      this.#logFailure(late);
      this.#exchange.response.destroy();
    } else if (uploading) {
      this.#exchange.refuse('request_timeout', undefined, { connection: 'close' });
    } else {
      this.#attempt?.blame();
      this.#logFailure(late);
      this.#exchange.refuse('upstream_timeout');
    }
    this.#stop(late);
  }

  /**
   * Once, and only after a connection failure. A request of which nothing can have been written may always be
   * sent again; another one only if doing it twice is the same as once and it has no body.
   */
  #mayRetry(error: Error): boolean {
    if (this.#attempts > 1 || !isConnectionFailure(error)) return false;
    const { body, method } = this.#options;
    if (this.#attempt?.maybeSent === false) return body === undefined || !body.destroyed;
    return body === undefined && IDEMPOTENT.has(method);
  }

  #refuseForNow(): void {
    this.#exchange.refuse('service_unavailable', undefined, RETRY_AFTER);
    this.#options.body?.destroy();
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

  #stop(reason: Error): void {
    if (this.#ended) return;
    this.#end();
    if (this.#upgraded) this.#upgraded.destroy();
    else this.#attempt?.abandon(reason);
    this.#options.body?.destroy();
  }

  /** What is thrown here ends this request and no other. undici and timers would pass it on to the process. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#exchange.fail(error);
      this.#stop(new Error('an exception'));
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#options.streams.delete(this);
    this.#options.body?.destroy();
    this.#bulkhead.leave(this);
  }
}

function onDeadline(forwarding: Forwarding): void {
  forwarding.onDeadline();
}
