import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'service-kit/logging';
import { continueTrace, sendProblem, type TraceContext } from 'service-kit/http';
import { type ProblemCode, problems } from '../problems.ts';
import type { CanonicalTarget } from '../routing/canonical-target.ts';
import type { AccessToken } from '../identity/access-token.ts';
import type { SecurityHeaders } from './security-headers.ts';
import type { Upgrade } from './upgrade.ts';

export interface ExchangeOptions {
  request: IncomingMessage;
  response: ServerResponse;
  clientAddress: string;
  securityHeaders: SecurityHeaders;
  logger: Logger;
  upgrade?: Upgrade | undefined;
}

/** One request and its answer, with everything that is to be known of them at the end. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly securityHeaders: SecurityHeaders;
  readonly startedAt = performance.now();
  readonly requestId = randomUUID();
  readonly trace: TraceContext;
  readonly clientAddress: string;
  /** Where the request is to become a WebSocket. */
  readonly upgrade: Upgrade | undefined;
  target: CanonicalTarget | undefined;
  /** Canonical; empty where the request names none. */
  host = '';
  /** Name of the entry that was matched, or path of the page that was asked for. */
  routeName = 'none';
  /** Asked so often that its lines would be noise. */
  quiet = false;
  /** Address of the service that was asked last. */
  upstream = '';
  /** When its answer began, on the clock of `startedAt`; 0: not yet. */
  answeredAt = 0;
  /** What the caller has shown; undefined on routes that ask for none. */
  token: AccessToken | undefined;
  /** How the caller stands with the rate limits of the entry: names and values in turn. */
  limitHeaders: readonly string[] = [];
  /** Code of the problem that the gateway itself answered with. */
  problem: ProblemCode | '' = '';
  bytesOut = 0;
  /** Why the gateway ended a stream. */
  endedBecause = '';
  /** What is under way for it, to be told when the client goes. */
  underWay: { onClientGone(): void } | undefined;

  readonly #logger: Logger;

  constructor({ request, response, clientAddress, securityHeaders, logger, upgrade }: ExchangeOptions) {
    this.upgrade = upgrade;
    this.request = request;
    this.response = response;
    this.clientAddress = clientAddress;
    this.securityHeaders = securityHeaders;
    this.#logger = logger;
    const traceparent = request.headers['traceparent'];
    this.trace = continueTrace(typeof traceparent === 'string' ? traceparent : undefined);
  }

  /** Puts the gateway's own headers on an answer that the gateway gives itself. */
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
    // A client that was never told to send its body may send something else next, or the body all the same.
    const unread = this.request.headers.expect !== undefined && !this.request.complete;
    void sendProblem(this.request, this.response, {
      code,
      status,
      title,
      requestId: this.requestId,
      ...(detail !== undefined && { detail }),
      ...(members && { members }),
      headers: { ...headers, ...(unread && { connection: 'close' }) },
    });
  }

  /** Calls `step`; what it throws ends this exchange and no other. */
  guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Something that should not have happened: logged, and answered with no more than the request's id. */
  fail(error: unknown): void {
    this.#logger.error('a request could not be handled', {
      requestId: this.requestId,
      traceId: this.trace.traceId,
      error,
    });
    if (this.response.headersSent) this.response.destroy();
    else this.refuse('internal_error');
  }
}
