import { decideAccess, type Identity, type SigningKey, signIdentity } from 'service-kit/identity';
import type { Logger } from 'service-kit/logging';
import { Forwarding } from './forwarding/forwarding.ts';
import type { OpenStreams } from './forwarding/open-streams.ts';
import { passedHeaders } from './forwarding/request-headers.ts';
import { type CrossOrigin, preflightHeaders } from './http/cross-origin.ts';
import { type AccessToken, bearerToken } from './identity/access-token.ts';
import type { TokenVerifier } from './identity/token-verifier.ts';
import type { RateLimits } from './limits/rate-limits.ts';
import type { PublishRequest } from './publish/publish-request.ts';
import type { GatewayRequest } from './requests/gateway-request.ts';
import { hasBody, RequestBody } from './requests/request-body.ts';
import type { LiveRouteTable } from './routing/live-route-table.ts';
import { forwardedPath, type Route, type ServiceRoute } from './routing/route.ts';
import { withoutTrailingSlash } from './routing/route-table.ts';
import type { Upstreams } from './upstreams/upstreams.ts';

const NOT_READY_RETRY_AFTER_SECONDS = '1';
const CHALLENGE = 'Bearer realm="laurel"';

type Caller = Omit<Identity, 'clientAddress'>;
const ANONYMOUS: Caller = { userId: '', sessionId: '', roles: [], scopes: [] };

export interface ServeRequestDeps {
  routes: LiveRouteTable;
  tokens: TokenVerifier;
  rateLimits: RateLimits;
  crossOrigin: CrossOrigin;
  publish: PublishRequest;
  upstreams: Upstreams;
  streams: OpenStreams;
  /** The signing key of each service, by the service's name. */
  signingKeys: ReadonlyMap<string, SigningKey>;
  now: () => number;
  logger: Logger;
}

/**
 * Takes a request through the routing table: route, token, role, rate limit, body, in this order. A request that fails
 * at one of them never reaches a service. Never rejects.
 */
export type ServeRequest = (request: GatewayRequest) => Promise<void>;

export function createServeRequest(deps: ServeRequestDeps): ServeRequest {
  const { routes, tokens, rateLimits, crossOrigin, publish, upstreams, streams, signingKeys, now, logger } =
    deps;

  async function serveRequest(request: GatewayRequest): Promise<void> {
    try {
      const route = findRoute(request);
      if (!route) return;
      const caller = route.access === 'public' ? ANONYMOUS : await authenticate(request, route);
      if (!caller || request.response.destroyed) return;
      const identity = identityOf(caller, request);
      if (route.rateLimits.length > 0 && !(await isWithinLimits(request, route, identity))) return;
      if (request.response.destroyed) return;
      if (route.publish) publish(request, route, identity.userId);
      else forward(request, route, identity);
    } catch (error) {
      request.fail(error);
    }
  }

  /** Returns undefined if the request has been answered: a preflight, or no route. */
  function findRoute(request: GatewayRequest): Route | undefined {
    const { incoming, target, host } = request;
    if (!target) throw new Error('the request has no target');
    const table = routes.current();
    if (crossOrigin.isPreflight(incoming)) {
      answerPreflight(request, table.allowedMethods(target.path, host));
      return undefined;
    }
    const route = table.match(incoming.method ?? '', target.path, host);
    if (route) request.routeName = route.name;
    else refuseUnrouted(request, table.allowedMethods(target.path, host));
    return route;
  }

  /** Returns undefined if the request has been refused. */
  async function authenticate(request: GatewayRequest, route: Route): Promise<AccessToken | undefined> {
    if (!tokens.ready()) {
      const retry = { 'retry-after': NOT_READY_RETRY_AFTER_SECONDS };
      request.refuse('service_unavailable', 'Tokens cannot be checked yet', retry);
      return undefined;
    }
    const { upgrade, incoming } = request;
    const token = upgrade ? upgrade.token : bearerToken(incoming.headers.authorization);
    if (token === undefined) {
      request.refuse('unauthenticated', 'An access token is needed', { 'www-authenticate': CHALLENGE });
      return undefined;
    }
    const checked = tokens.recall(token) ?? (await tokens.verify(token));
    if (!checked) {
      refuseToken(request);
      return undefined;
    }
    request.token = checked;
    if (decideAccess(route.access, identityOf(checked, request)) === 'allowed') return checked;
    const challenge = `${CHALLENGE}, error="insufficient_scope"`;
    request.refuse('forbidden', undefined, { 'www-authenticate': challenge });
    return undefined;
  }

  /** If it returns false, the request has been refused. */
  async function isWithinLimits(request: GatewayRequest, route: Route, identity: Identity): Promise<boolean> {
    const { headers, refused } = await rateLimits.take(route, identity);
    request.limitHeaders = headers;
    if (refused) request.refuse('rate_limited', undefined, { 'retry-after': refused.retryAfter });
    return !refused;
  }

  function forward(request: GatewayRequest, route: ServiceRoute, identity: Identity): void {
    const { incoming, response, requestId, trace } = request;
    const withBody = hasBody(incoming);
    const length = incoming.headers['content-length'];
    if (withBody && Number(length ?? 0) > route.maxBodyBytes) {
      request.refuse('payload_too_large', `The body may have at most ${route.maxBodyBytes} bytes`);
      return;
    }
    const key = signingKeys.get(route.service);
    if (!key) throw new Error(`no signing key for ${route.service}`);
    const method = incoming.method ?? '';
    const path = forwardedPath(route, withoutTrailingSlash(request.target?.path ?? ''));
    const target = path + (request.target?.query ?? '');
    const headers = passedHeaders({
      rawHeaders: incoming.rawHeaders,
      connection: incoming.headers.connection,
      passBasic: path.startsWith('/oauth/'),
      passTracestate: incoming.headers['traceparent']?.includes(trace.traceId) === true,
    });
    const { service } = route;
    const signed = signIdentity({ service, key, now: now(), method, target, identity, requestId });
    for (const name in signed) headers.push(name, signed[name] ?? '');
    headers.push('traceparent', trace.traceparent);
    if (withBody && length !== undefined) headers.push('content-length', length);
    const protocols = request.upgrade?.protocols;
    if (protocols) headers.push('sec-websocket-protocol', protocols);

    const forwarding = new Forwarding({
      request,
      route,
      service: upstreams.service(route.targetEnv),
      streams,
      logger,
      method,
      target,
      headers,
      body: withBody ? new RequestBody(incoming, response, route.maxBodyBytes) : undefined,
    });
    request.underWay = forwarding;
    forwarding.start();
  }

  return serveRequest;
}

function identityOf(caller: Caller, { clientAddress }: GatewayRequest): Identity {
  const { userId, sessionId, roles, scopes } = caller;
  return { userId, sessionId, roles, scopes, clientAddress };
}

function answerPreflight(request: GatewayRequest, methods: readonly string[]): void {
  if (methods.length === 0) {
    request.refuse('no_route');
    return;
  }
  request.routeName = 'preflight';
  request.applyHeaders();
  request.response.writeHead(204, preflightHeaders(methods)).end();
}

function refuseUnrouted(request: GatewayRequest, allowed: readonly string[]): void {
  if (allowed.length === 0) request.refuse('no_route');
  else request.refuse('method_not_allowed', undefined, { allow: allowed.join(', ') });
}

function refuseToken(request: GatewayRequest): void {
  const challenge = `${CHALLENGE}, error="invalid_token"`;
  request.refuse('unauthenticated', 'The access token is not valid', { 'www-authenticate': challenge });
}
