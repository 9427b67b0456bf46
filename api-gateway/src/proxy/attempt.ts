import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { isConnectionFailure } from './upstream-error.ts';
import type { UpstreamService } from './upstream-service.ts';
import type { Upstream } from './upstream.ts';

/** Whoever makes an attempt; nothing comes any more after its end, its failure or `abandon`. */
export interface AttemptListener {
  /** The service says that it is at work (1xx). */
  onProgress(): void;
  onAnswer(status: number, headers: IncomingHttpHeaders): void;
  /** The connection has left HTTP; `leave` is to be called when it is closed. */
  onUpgrade(headers: IncomingHttpHeaders, socket: Duplex): void;
  onData(chunk: Buffer, controller: Dispatcher.DispatchController): void;
  onEnd(): void;
  onFailure(error: Error): void;
}

/**
 * One try of a request at one address of a service, and what is learned of the address by it. It is undici's handler
 * itself, so that a request needs no closures.
 */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #listener: AttemptListener;
  #controller: Dispatcher.DispatchController | undefined;
  #abandoned = false;
  #left = false;
  /** Where it is made; undefined where no address takes requests. */
  readonly upstream: Upstream | undefined;
  /** Something of it may have reached the service. */
  maybeSent = false;

  /** @param except where the request has just failed */
  constructor(listener: AttemptListener, service: UpstreamService, except: Upstream | undefined) {
    this.#listener = listener;
    this.upstream = service.pick(this, except);
    if (this.upstream) this.upstream.pending += 1;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.maybeSent = true;
    this.#controller = controller;
    if (this.#abandoned) controller.abort(new Error('nobody waits for the answer'));
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

  /** It took longer than a request may, by the service's fault. */
  blame(): void {
    this.upstream?.breaker.failed(this);
  }

  /** Nobody waits for it any more. */
  abandon(reason: Error): void {
    this.#abandoned = true;
    this.#controller?.abort(reason);
  }

  /** It takes nothing of its address any more. */
  leave(): void {
    if (!this.upstream || this.#left) return;
    this.#left = true;
    this.upstream.pending -= 1;
    this.upstream.breaker.left(this);
  }
}
