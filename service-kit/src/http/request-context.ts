import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '../identity/index.ts';
import type { Logger } from '../logging/index.ts';
import { ClientGoneError } from './client-gone-error.ts';
import type { RefusalForm } from './refusal-form.ts';
import type { TraceContext } from './trace-context.ts';

/** Data of one request besides its content. */
export interface RequestContext {
  requestId: string;
  /** W3C trace context, to pass on with everything that the request causes. */
  traceparent: string;
  /** Adds request id and trace id to every line. */
  logger: Logger;
  /** Aborted with a `ClientGoneError` when the client leaves before its answer is complete. */
  signal: AbortSignal;
}

/** The context with the fields that only the kit uses. */
export interface ShellContext extends RequestContext {
  traceId: string;
  /** Undefined without a valid signature of the gateway. */
  identity: Identity | undefined;
  /** Path template of the endpoint, for log and metrics; undefined until it is found. */
  route: string | undefined;
  /** Whether successful requests are kept out of the access log. */
  quiet: boolean;
  /** Error bodies of the endpoint; undefined: problem bodies. */
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

/** Makes the context of a request, for {@link contextOf}. */
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

// Logger and signal are made lazily, because few requests use them.
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
