import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { Upgrades } from 'service-kit/http';
import type { Logger } from 'service-kit/logging';
import type { ClientAddress } from './identity/client-address.ts';
import type { Pages } from './pages.ts';
import type { CrossOrigin } from './proxy/cross-origin.ts';
import type { Edge } from './proxy/edge.ts';
import { Exchange } from './proxy/exchange.ts';
import type { RequestMetrics } from './proxy/request-metrics.ts';
import { isUpgrade, readUpgrade, type Upgrade } from './proxy/upgrade.ts';
import type { ProblemCode } from './problems.ts';
import { canonicalTarget } from './routing/canonical-target.ts';
import type { LiveRouteTable } from './routing/live-route-table.ts';
import { requestHost } from './routing/request-host.ts';
import { targetProblem } from './routing/target-problem.ts';

export interface AppOptions {
  /** What the gateway answers itself. Hands on whatever is not its own. */
  pages: Pages;
  edge: Edge;
  routes: Pick<LiveRouteTable, 'current'>;
  clientAddress: ClientAddress;
  crossOrigin: CrossOrigin;
  /** In lower case, without ports; undefined: whatever a request asks for. */
  publicHosts: ReadonlySet<string> | undefined;
  metrics: RequestMetrics;
  logger: Logger;
}

/** Probes ask by whatever name or address they know. */
const FOR_ANY_HOST: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

export interface App {
  listener: Express;
  upgrades: Upgrades;
}

/** Request and answer opened → path → the gateway's own pages → routing table. Upgrades go the same way. */
export function createApp(options: AppOptions): App {
  const { pages, edge, routes, clientAddress, crossOrigin, publicHosts, metrics, logger } = options;

  function open(request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): Exchange {
    const address = clientAddress(request.socket.remoteAddress, forwardedFor(request));
    const securityHeaders = crossOrigin.headersFor(request.headers.origin);
    const opened = { request, response, clientAddress: address, securityHeaders, logger, upgrade };
    const exchange = new Exchange(opened);
    response.on('close', () => exchange.guard(() => closeExchange(exchange, metrics, logger)));
    return exchange;
  }

  async function answerItself(
    page: RequestHandler,
    exchange: Exchange,
    request: Request,
    response: Response,
  ) {
    request.url = `${exchange.target?.path}${exchange.target?.query}`;
    try {
      await page(request, response, (error: unknown) => exchange.fail(error));
    } catch (error) {
      exchange.fail(error);
    }
  }

  function route(exchange: Exchange, request: Request, response: Response): void {
    try {
      const page = pages(exchange);
      if (page) void answerItself(page, exchange, request, response);
      else void edge(exchange);
    } catch (error) {
      exchange.fail(error);
    }
  }

  function problemOfHost(exchange: Exchange): ProblemCode | undefined {
    const { request, target } = exchange;
    const host = target && requestHost(target, request);
    if (host === undefined) return 'malformed_request';
    exchange.host = host;
    const isServed = !publicHosts || publicHosts.has(host) || FOR_ANY_HOST.has(target?.path ?? '');
    return isServed ? undefined : 'misdirected_request';
  }

  /** Whether there is nothing wrong with the head; otherwise that is answered. */
  function admits(exchange: Exchange): boolean {
    const { request } = exchange;
    exchange.target = canonicalTarget(request.url ?? '');
    if (!exchange.target) {
      const { code, detail } = targetProblem(request.method ?? '', request.url ?? '');
      exchange.refuse(code, detail);
      return false;
    }
    const problem = problemOfHead(request) ?? problemOfHost(exchange);
    if (problem) exchange.refuse(problem);
    return problem === undefined;
  }

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((request, response) => {
    const exchange = open(request, response);
    if (admits(exchange)) route(exchange, request, response);
  });

  function takeUpgrade(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request);
    // The client's stream keeps a listener for life; the server attaches it to its own answers only.
    response.on('error', () => socket.destroy());
    response.assignSocket(socket);
    // An answer other than 101 is the last on this connection.
    response.shouldKeepAlive = false;
    response.on('finish', () => socket.destroySoon());
    const exchange = open(request, response, readUpgrade(request, socket));
    try {
      if (admits(exchange)) void edge(exchange);
    } catch (error) {
      exchange.fail(error);
    }
  }

  return {
    listener: app,
    upgrades: { accepts: (request) => isUpgrade(routes.current(), request), take: takeUpgrade },
  };
}

function problemOfHead({ headers, httpVersion }: IncomingMessage): ProblemCode | undefined {
  const { expect, 'transfer-encoding': encoding } = headers;
  // Node reads a request without a version, and chunks of clients that cannot know them (RFC 9112, 6.1).
  if (httpVersion !== '1.1' && (httpVersion !== '1.0' || encoding !== undefined)) return 'malformed_request';
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') return 'expectation_failed';
  // Node undoes the chunks and nothing else: `gzip, chunked` would arrive as bytes that nobody can name.
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') return 'unsupported_transfer_encoding';
  return undefined;
}

function forwardedFor(request: IncomingMessage): string | undefined {
  const value = request.headers['x-forwarded-for'];
  return Array.isArray(value) ? value.join(',') : value;
}

function closeExchange(exchange: Exchange, metrics: RequestMetrics, logger: Logger): void {
  const { request, response, routeName, quiet, token, requestId, trace, upstream, problem, clientAddress } =
    exchange;
  const { startedAt, answeredAt, endedBecause } = exchange;
  const complete = response.writableFinished || response.statusCode === SWITCHED;
  if (!complete) exchange.underWay?.onClientGone();
  const milliseconds = performance.now() - startedAt;
  const status = response.headersSent ? response.statusCode : CLIENT_GONE;
  const method = request.method ?? '';
  // How long a WebSocket was open is no duration of a request.
  const seconds = (status === SWITCHED ? answeredAt - startedAt : milliseconds) / 1000;
  metrics.observe(routeName, method, status, seconds);
  if (problem !== '') metrics.refused(routeName, problem);
  if (quiet && status < 400) return;
  logger.info('request', {
    method,
    path: exchange.target?.path ?? request.url?.split('?', 1)[0],
    route: routeName,
    upstream: upstream || undefined,
    status,
    problem: problem || undefined,
    bytes: exchange.bytesOut || Number(response.getHeader('content-length') ?? 0),
    durationMs: hundredths(milliseconds),
    // Until the service began to answer.
    upstreamMs: answeredAt === 0 ? undefined : hundredths(answeredAt - startedAt),
    userId: token?.userId,
    clientAddress,
    requestId,
    traceId: trace.traceId,
    // The client left before it had the whole answer, or the service failed in the middle of it.
    aborted: complete ? undefined : true,
    ended: endedBecause || undefined,
  });
}

const hundredths = (milliseconds: number): number => Math.round(milliseconds * 100) / 100;

/** As nginx has it: the client went before there was an answer. */
const CLIENT_GONE = 499;
const SWITCHED = 101;
