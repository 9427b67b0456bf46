import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '../identity/index.ts';
import type { Logger } from '../logging/index.ts';
import { ClientGoneError } from './client-gone-error.ts';
import type { RefusalForm } from './refusal-form.ts';
import type { TraceContext } from './trace-context.ts';

/** What belongs to one request and is not its content. */
export interface RequestContext {
  requestId: string;
  /** W3C trace context to pass on with everything that this request causes. */
  traceparent: string;
  /** Every line has the request and trace id. */
  logger: Logger;
  /** Aborted with a `ClientGoneError` when the client has gone before its answer was complete. */
  signal: AbortSignal;
}

/** The context as the shell keeps it. */
export interface ShellContext extends RequestContext {
  traceId: string;
  /** undefined where nothing vouches for the caller. */
  identity: Identity | undefined;
  /** Path template of the endpoint, for log and metrics; undefined until one was found. */
  route: string | undefined;
  /** An endpoint that is called so often that its lines would be noise. */
  quiet: boolean;
  /** How the endpoint refuses; undefined: with problem bodies. */
  refusals: RefusalForm | undefined;
}

export interface ContextOptions {
  response: ServerResponse;
  requestId: string;
  trace: TraceContext;
  logger: Logger;
  identity: Identity | undefined;
}

const contexts = new WeakMap<IncomingMessage, ShellContext>();

/** Makes the context of a request; it can then be found by {@link contextOf}. */
export function openContext(request: IncomingMessage, options: ContextOptions): ShellContext {
  const context = new LazyContext(options);
  contexts.set(request, context);
  return context;
}

/**
 * @returns the context of a request that came through `createApp`
 * @throws {TypeError} for any other request
 */
export function contextOf(request: IncomingMessage): ShellContext {
  const context = contexts.get(request);
  if (!context) throw new TypeError('the request did not come through createApp');
  return context;
}

// A logger and a signal are made only for the few requests that use them.
class LazyContext implements ShellContext {
  readonly requestId: string;
  readonly traceparent: string;
  readonly traceId: string;
  identity: Identity | undefined;
  route: string | undefined = undefined;
  quiet = false;
  refusals: RefusalForm | undefined = undefined;
  readonly #options: ContextOptions;
  #logger: Logger | undefined;
  #signal: AbortSignal | undefined;

  constructor(options: ContextOptions) {
    this.requestId = options.requestId;
    this.traceparent = options.trace.traceparent;
    this.traceId = options.trace.traceId;
    this.identity = options.identity;
    this.#options = options;
  }

  get logger(): Logger {
    const { logger, requestId, trace } = this.#options;
    this.#logger ??= logger.child({ requestId, traceId: trace.traceId });
    return this.#logger;
  }

  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#options.response);
    return this.#signal;
  }
}

function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abortUnlessAnswered = (): void => {
    if (!response.writableFinished) controller.abort(new ClientGoneError());
  };
  if (response.closed) abortUnlessAnswered();
  else response.once('close', abortUnlessAnswered);
  return controller.signal;
}
