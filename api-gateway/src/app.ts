import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { Upgrades } from 'service-kit/http';
import type { Logger } from 'service-kit/logging';
import type { CrossOrigin } from './http/cross-origin.ts';
import type { ProblemCode } from './http/problems.ts';
import type { ClientAddress } from './identity/client-address.ts';
import type { OwnEndpoints } from './own-endpoints.ts';
import { GatewayRequest } from './requests/gateway-request.ts';
import { isComplete, recordRequest } from './requests/record-request.ts';
import type { RequestMetrics } from './requests/request-metrics.ts';
import { isUpgrade, readUpgrade, type Upgrade } from './requests/upgrade.ts';
import { canonicalTarget } from './routing/canonical-target.ts';
import type { LiveRouteTable } from './routing/live-route-table.ts';
import { requestHost } from './routing/request-host.ts';
import { targetProblem } from './routing/target-problem.ts';
import type { ServeRequest } from './serve-request.ts';

export interface AppDeps {
  ownEndpoints: OwnEndpoints;
  serveRequest: ServeRequest;
  routes: Pick<LiveRouteTable, 'current'>;
  clientAddress: ClientAddress;
  crossOrigin: CrossOrigin;
  /** In lower case, without ports. Undefined: every host is served. */
  publicHosts: ReadonlySet<string> | undefined;
  metrics: RequestMetrics;
  logger: Logger;
}

/** Probes use the name or address that they know, so these paths are served for every host. */
const FOR_ANY_HOST: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

export interface App {
  listener: Express;
  upgrades: Upgrades;
}

/**
 * Checks the head of a request, then hands it to one of the gateway's own endpoints or to `serveRequest`. Upgrades take
 * the same way, without the own endpoints.
 */
export function createApp(deps: AppDeps): App {
  const { ownEndpoints, serveRequest, routes, clientAddress, crossOrigin, publicHosts, metrics, logger } =
    deps;

  function open(incoming: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): GatewayRequest {
    const address = clientAddress(incoming.socket.remoteAddress, forwardedFor(incoming));
    const securityHeaders = crossOrigin.headersFor(incoming.headers.origin);
    const opened = { incoming, response, clientAddress: address, securityHeaders, logger, upgrade };
    const request = new GatewayRequest(opened);
    response.on('close', () => request.guard(() => close(request)));
    return request;
  }

  function close(request: GatewayRequest): void {
    if (!isComplete(request)) request.underWay?.onClientGone();
    recordRequest(request, metrics, logger);
  }

  async function serveOwn(
    endpoint: RequestHandler,
    request: GatewayRequest,
    incoming: Request,
    response: Response,
  ) {
    incoming.url = `${request.target?.path}${request.target?.query}`;
    try {
      await endpoint(incoming, response, (error: unknown) => request.fail(error));
    } catch (error) {
      request.fail(error);
    }
  }

  function serve(request: GatewayRequest, incoming: Request, response: Response): void {
    try {
      const endpoint = ownEndpoints(request);
      if (endpoint) void serveOwn(endpoint, request, incoming, response);
      else void serveRequest(request);
    } catch (error) {
      request.fail(error);
    }
  }

  function problemOfHost(request: GatewayRequest): ProblemCode | undefined {
    const { incoming, target } = request;
    const host = target && requestHost(target, incoming);
    if (host === undefined) return 'malformed_request';
    request.host = host;
    const isServed = !publicHosts || publicHosts.has(host) || FOR_ANY_HOST.has(target?.path ?? '');
    return isServed ? undefined : 'misdirected_request';
  }

  /** Checks the head. If it returns false, the request has been refused. */
  function admits(request: GatewayRequest): boolean {
    const { incoming } = request;
    request.target = canonicalTarget(incoming.url ?? '');
    if (!request.target) {
      const { code, detail } = targetProblem(incoming.method ?? '', incoming.url ?? '');
      request.refuse(code, detail);
      return false;
    }
    const problem = problemOfHead(incoming) ?? problemOfHost(request);
    if (problem) request.refuse(problem);
    return problem === undefined;
  }

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((incoming, response) => {
    const request = open(incoming, response);
    if (admits(request)) serve(request, incoming, response);
  });

  function takeUpgrade(incoming: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(incoming);
    // Node attaches this listener only to responses that it made itself. Without one an error ends the process.
    response.on('error', () => socket.destroy());
    response.assignSocket(socket);
    // After any answer but 101 the connection closes.
    response.shouldKeepAlive = false;
    response.on('finish', () => socket.destroySoon());
    const request = open(incoming, response, readUpgrade(incoming, socket));
    try {
      if (admits(request)) void serveRequest(request);
    } catch (error) {
      request.fail(error);
    }
  }

  return {
    listener: app,
    upgrades: { accepts: (incoming) => isUpgrade(routes.current(), incoming), take: takeUpgrade },
  };
}

function problemOfHead({ headers, httpVersion }: IncomingMessage): ProblemCode | undefined {
  const { expect, 'transfer-encoding': encoding } = headers;
  // Node also accepts requests without a version, and chunks in HTTP/1.0, which has none (RFC 9112, 6.1).
  if (httpVersion !== '1.1' && (httpVersion !== '1.0' || encoding !== undefined)) return 'malformed_request';
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') return 'expectation_failed';
  // Node decodes `chunked` alone. A body in `gzip, chunked` would reach the service without its encoding's name.
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') return 'unsupported_transfer_encoding';
  return undefined;
}

function forwardedFor(incoming: IncomingMessage): string | undefined {
  const value = incoming.headers['x-forwarded-for'];
  return Array.isArray(value) ? value.join(',') : value;
}
