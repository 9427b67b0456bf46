import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { isConnectionFailure } from './upstream-error.ts';
import type { UpstreamService } from '../upstreams/upstream-service.ts';
import type { Upstream } from '../upstreams/upstream.ts';

/** Hears of an attempt. After `onEnd`, `onFailure` or `abandon` no call follows. */
export interface AttemptListener {
  /** The service sent an interim answer (1xx). */
  onProgress(): void;
  onAnswer(status: number, headers: IncomingHttpHeaders): void;
  /** The connection has become a WebSocket. The listener calls `leave` when it closes. */
  onUpgrade(headers: IncomingHttpHeaders, socket: Duplex): void;
  onData(chunk: Buffer, controller: Dispatcher.DispatchController): void;
  onEnd(): void;
  onFailure(error: Error): void;
}

/**
 * One try of a request at one address of a service. It reports the outcome to the circuit breaker of the address.
 * It is undici's handler itself, so that a request needs no closures.
 */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #listener: AttemptListener;
  #controller: Dispatcher.DispatchController | undefined;
  #abandoned = false;
  #left = false;
  /** The address; undefined if no address takes requests. */
  readonly upstream: Upstream | undefined;
  /** Whether part of the request may have reached the service. */
  maybeSent = false;

  /** @param except the address where the request has just failed */
  constructor(listener: AttemptListener, service: UpstreamService, except: Upstream | undefined) {
    this.#listener = listener;
    this.upstream = service.pick(this, except);
    if (this.upstream) this.upstream.pending += 1;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.maybeSent = true;
    this.#controller = controller;
    if (this.#abandoned) controller.abort(new Error('the request was abandoned'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (this.#abandoned) return;
    if (status < 200) {
      this.#listener.onProgress();
      return;
    }
    this.upstream?.breaker.succeeded(this);
    this.#listener.onAnswer(status, headers);
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    _status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    if (this.#abandoned) {
      socket.destroy();
      this.leave();
      return;
    }
    this.upstream?.breaker.succeeded(this);
    this.#listener.onUpgrade(headers, socket);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#abandoned) this.#listener.onData(chunk, controller);
  }

  onResponseEnd(): void {
    this.leave();
    if (!this.#abandoned) this.#listener.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.#abandoned && isConnectionFailure(error)) this.upstream?.breaker.failed(this);
    this.leave();
    if (!this.#abandoned) this.#listener.onFailure(error);
  }

  /** The service was too slow: the breaker counts a failure. */
  blame(): void {
    this.upstream?.breaker.failed(this);
  }

  /** Cancels the attempt. */
  abandon(reason: Error): void {
    this.#abandoned = true;
    this.#controller?.abort(reason);
  }

  /** The attempt has ended and holds nothing of its address. */
  leave(): void {
    if (!this.upstream || this.#left) return;
    this.#left = true;
    this.upstream.pending -= 1;
    this.upstream.breaker.left(this);
  }
}
