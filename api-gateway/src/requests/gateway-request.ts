import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'service-kit/logging';
import { continueTrace, sendProblem, type TraceContext } from 'service-kit/http';
import { type ProblemCode, problems } from '../http/problems.ts';
import type { SecurityHeaders } from '../http/security-headers.ts';
import type { AccessToken } from '../identity/access-token.ts';
import type { CanonicalTarget } from '../routing/canonical-target.ts';
import type { Upgrade } from './upgrade.ts';

export interface GatewayRequestOptions {
  incoming: IncomingMessage;
  response: ServerResponse;
  clientAddress: string;
  securityHeaders: SecurityHeaders;
  logger: Logger;
  upgrade?: Upgrade | undefined;
}

/** One request and its answer, with everything that the access log and the metrics need at the end. */
export class GatewayRequest {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly securityHeaders: SecurityHeaders;
  readonly startedAt = performance.now();
  readonly requestId = randomUUID();
  readonly trace: TraceContext;
  readonly clientAddress: string;
  /** Set when the client asks for a WebSocket. */
  readonly upgrade: Upgrade | undefined;
  target: CanonicalTarget | undefined;
  /** In canonical form; empty if the request names no host. */
  host = '';
  /** The name of the matched route, or the path of one of the gateway's own endpoints. */
  routeName = 'none';
  /** True for probes: their successes are not logged. */
  quiet = false;
  /** The address of the service that was asked last. */
  upstream = '';
  /** When the answer began, on the clock of `startedAt`; 0 before that. */
  answeredAt = 0;
  /** The verified token; undefined on public routes. */
  token: AccessToken | undefined;
  /** The `RateLimit` headers: names and values in turn. */
  limitHeaders: readonly string[] = [];
  /** The code of the problem that the gateway answered with. */
  problem: ProblemCode | '' = '';
  bytesOut = 0;
  /** Why the gateway ended a stream. */
  endedBecause = '';
  /** The work that must stop when the client disconnects. */
  underWay: { onClientGone(): void } | undefined;

  readonly #logger: Logger;

  constructor({
    incoming,
    response,
    clientAddress,
    securityHeaders,
    logger,
    upgrade,
  }: GatewayRequestOptions) {
    this.upgrade = upgrade;
    this.incoming = incoming;
    this.response = response;
    this.clientAddress = clientAddress;
    this.securityHeaders = securityHeaders;
    this.#logger = logger;
    const traceparent = incoming.headers['traceparent'];
    this.trace = continueTrace(typeof traceparent === 'string' ? traceparent : undefined);
  }

  /** Sets the gateway's own headers, for an answer that does not come from a service. */
  applyHeaders(headers: SecurityHeaders = this.securityHeaders): void {
    const flat = [...headers.flat, ...this.limitHeaders];
    for (let i = 0; i + 1 < flat.length; i += 2) this.response.setHeader(flat[i] ?? '', flat[i + 1] ?? '');
    this.response.setHeader('x-request-id', this.requestId);
  }

  /** Answers with a problem, unless an answer has begun. */
  refuse(
    code: ProblemCode,
    detail?: string,
    headers?: Readonly<Record<string, string>>,
    members?: Readonly<Record<string, unknown>>,
  ): void {
    if (this.response.headersSent || this.response.destroyed) return;
    this.problem = code;
    this.applyHeaders();
    const { status, title } = problems[code];
    // The client waits for `100 Continue`. It may now send its body all the same, or another request: the gateway
    // cannot tell which, so it closes the connection.
    const mustClose = this.incoming.headers.expect !== undefined && !this.incoming.complete;
    void sendProblem(this.incoming, this.response, {
      code,
      status,
      title,
      requestId: this.requestId,
      ...(detail !== undefined && { detail }),
      ...(members && { members }),
      headers: { ...headers, ...(mustClose && { connection: 'close' }) },
    });
  }

  /** Calls `step`. An exception ends this request and no other. */
  guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Logs an unexpected error and answers 500 with nothing but the request id. */
  fail(error: unknown): void {
    this.#logger.error('Request failed with an unexpected error', {
      requestId: this.requestId,
      traceId: this.trace.traceId,
      error,
    });
    if (this.response.headersSent) this.response.destroy();
    else this.refuse('internal_error');
  }
}
