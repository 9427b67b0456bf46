import { networkOf } from 'service-kit/http';
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Logger } from 'service-kit/logging';
import type { ServiceRoute } from '../routing/route.ts';
import { AnswerRelay } from './answer-relay.ts';
import { Attempt, type AttemptListener } from './attempt.ts';
import type { Bulkhead, Waiter } from '../upstreams/bulkhead.ts';
import type { GatewayRequest } from '../requests/gateway-request.ts';
import { isEventStream, type OpenStream, type OpenStreams } from './open-streams.ts';
import { BodyTooLargeError, type RequestBody } from '../requests/request-body.ts';
import { codeOf, isConnectionFailure, isTimeout } from './upstream-error.ts';
import type { UpstreamService } from '../upstreams/upstream-service.ts';
import type { Upstream } from '../upstreams/upstream.ts';

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const RETRY_AFTER = { 'retry-after': '1' };
// Time for the client to read the rest of a stream that the gateway ends.
const FAREWELL_MS = 1_000;

export interface ForwardingDeps {
  request: GatewayRequest;
  route: ServiceRoute;
  service: UpstreamService;
  streams: OpenStreams;
  logger: Logger;
  method: Dispatcher.HttpMethod;
  /** Path and query for the service. */
  target: string;
  /** Names and values in turn. */
  headers: string[];
  body: RequestBody | undefined;
}

/**
 * One forwarded request. Its attempts, its timer, the bulkhead and the client's connection call it. The first of
 * them that ends the request wins.
 */
export class Forwarding implements AttemptListener, Waiter, OpenStream {
  readonly #request: GatewayRequest;
  readonly #deps: ForwardingDeps;
  readonly #bulkhead: Bulkhead;
  readonly #answer: AnswerRelay;
  readonly #timer: NodeJS.Timeout;
  readonly client: string;
  #attempt: Attempt | undefined;
  #attempts = 0;
  #upgraded: Duplex | undefined;
  #ended = false;
  #socketBytesRead = 0;

  constructor(deps: ForwardingDeps) {
    const { request, route, service } = deps;
    this.#deps = deps;
    this.#request = request;
    this.client = networkOf(request.clientAddress);
    this.#bulkhead = route.stream ? service.streams : service.requests;
    this.#answer = new AnswerRelay(request);
    this.#timer = setTimeout(onDeadline, route.timeoutMs, this);
  }

  get token(): GatewayRequest['token'] {
    return this.#request.token;
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
    const { method, route, service, target: path, headers, body = null } = this.#deps;
    const attempt = new Attempt(this, service, except);
    const { upstream } = attempt;
    if (!upstream) {
      this.#end();
      this.#refuseForNow();
      return;
    }
    this.#attempt = attempt;
    this.#attempts += 1;
    this.#request.upstream = upstream.label;
    const pool = route.stream ? upstream.streams : upstream.requests;
    const upgrade = this.#request.upgrade ? 'websocket' : null;
    pool.dispatch({ method, path, headers, body, upgrade }, attempt);
  }

  onProgress(): void {
    this.#timer.refresh();
  }

  onAnswer(status: number, headers: IncomingHttpHeaders): void {
    const isStream = this.#deps.route.stream;
    this.#answer.begin(status, headers, isStream);
    // The deadline of a request covers the whole answer; that of a stream only the time until it begins.
    if (!isStream) return;
    clearTimeout(this.#timer);
    if (isEventStream(headers)) this.#deps.streams.add(this);
  }

  onUpgrade(headers: IncomingHttpHeaders, socket: Duplex): void {
    clearTimeout(this.#timer);
    this.#upgraded = socket;
    this.#guard(() => {
      this.#answer.join(headers, socket, () => {
        this.#end();
        this.#attempt?.leave();
      });
      this.#deps.streams.add(this);
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
      this.#request.response.destroy();
    } else if (this.#mayRetry(error)) {
      this.#send(this.#attempt?.upstream);
    } else {
      this.#refuseAfter(error);
    }
  }

  /** The client has disconnected. */
  onClientGone(): void {
    this.#stop(new Error('the client disconnected'));
  }

  /** Ends a stream: its token is not valid any more, or the gateway stops. The client may open it again. */
  endStream(reason: string): void {
    if (this.#ended) return;
    this.#request.endedBecause = reason;
    if (!this.#upgraded) this.#answer.end();
    this.#stop(new Error(reason));
    const { response } = this.#request;
    setTimeout(() => response.destroy(), FAREWELL_MS).unref();
  }

  onDeadline(): void {
    if (!this.#ended) this.#guard(() => this.#onDeadline());
  }

  #onDeadline(): void {
    const { incoming } = this.#request;
    const uploading = this.#deps.body !== undefined && !incoming.complete;
    const bytesRead = incoming.socket?.bytesRead ?? 0;
    if (uploading && bytesRead > this.#socketBytesRead) {
      this.#socketBytesRead = bytesRead;
      this.#timer.refresh();
      return;
    }
    const late = new Error('the deadline has passed');
    if (this.#answer.hasBegun) {
      this.#logFailure(late);
      this.#request.response.destroy();
    } else if (uploading) {
      this.#request.refuse('request_timeout', undefined, { connection: 'close' });
    } else {
      this.#attempt?.blame();
      this.#logFailure(late);
      this.#request.refuse('upstream_timeout');
    }
    this.#stop(late);
  }

  /**
   * One retry, and only after a connection failure. If nothing was written to the service, any request may be sent
   * again. Otherwise only an idempotent request without a body may.
   */
  #mayRetry(error: Error): boolean {
    if (this.#attempts > 1 || !isConnectionFailure(error)) return false;
    const { body, method } = this.#deps;
    if (this.#attempt?.maybeSent === false) return body === undefined || !body.destroyed;
    return body === undefined && IDEMPOTENT.has(method);
  }

  #refuseForNow(): void {
    this.#request.refuse('service_unavailable', undefined, RETRY_AFTER);
    this.#deps.body?.destroy();
  }

  #refuseAfter(error: Error): void {
    const { body, route } = this.#deps;
    this.#end();
    if (error instanceof BodyTooLargeError || body?.errored instanceof BodyTooLargeError) {
      this.#request.refuse('payload_too_large', `The body may have at most ${route.maxBodyBytes} bytes`);
    } else {
      this.#logFailure(error);
      this.#request.refuse(isTimeout(error) ? 'upstream_timeout' : 'upstream_failed');
    }
    body?.destroy();
  }

  #logFailure(error: Error): void {
    const { requestId, trace, upstream } = this.#request;
    this.#deps.logger.warn('Upstream failed', {
      route: this.#deps.route.name,
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
    this.#deps.body?.destroy();
  }

  /** An exception ends this request and no other. undici and timers would pass it on to the process. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#request.fail(error);
      this.#stop(new Error('an exception'));
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#deps.streams.delete(this);
    this.#deps.body?.destroy();
    this.#bulkhead.leave(this);
  }
}

function onDeadline(forwarding: Forwarding): void {
  forwarding.onDeadline();
}
