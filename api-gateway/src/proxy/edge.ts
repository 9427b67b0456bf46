import { decideAccess, type Identity, type SigningKey, signIdentity } from 'service-kit/identity';
import type { Logger } from 'service-kit/logging';
import { bearerToken } from '../identity/bearer-token.ts';
import type { AccessToken } from '../identity/access-token.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { PublishRequest } from '../publish/publish-request.ts';
import type { LiveRouteTable } from '../routing/live-route-table.ts';
import { forwardedPath, type Route, type ServiceRoute } from '../routing/route.ts';
import { withoutTrailingSlash } from '../routing/route-table.ts';
import { type CrossOrigin, preflightHeaders } from './cross-origin.ts';
import type { Exchange } from './exchange.ts';
import { Forwarding } from './forwarding.ts';
import type { OpenStreams } from './open-streams.ts';
import { hasBody, RequestBody } from './request-body.ts';
import { passedHeaders } from './request-headers.ts';
import type { Upstreams } from './upstreams.ts';

const NOT_READY_RETRY_AFTER_SECONDS = '1';
const CHALLENGE = 'Bearer realm="laurel"';

type Caller = Omit<Identity, 'clientAddress'>;
const ANONYMOUS: Caller = { userId: '', sessionId: '', roles: [], scopes: [] };

export interface EdgeOptions {
  routes: LiveRouteTable;
  tokens: TokenVerifier;
  rateLimits: RateLimits;
  crossOrigin: CrossOrigin;
  publish: PublishRequest;
  upstreams: Upstreams;
  streams: OpenStreams;
  /** The key that signs for each service. */
  signingKeys: ReadonlyMap<string, SigningKey>;
  now: () => number;
  logger: Logger;
}

/** Route, then token, then role, then rate, then body; a request that fails one of them never meets a service. */
export type Edge = (exchange: Exchange) => Promise<void>;

export function createEdge(options: EdgeOptions): Edge {
  const { routes, tokens, rateLimits, crossOrigin, publish, upstreams, streams, signingKeys, now, logger } =
    options;

  /** Never rejects. */
  async function handle(exchange: Exchange): Promise<void> {
    try {
      const route = findRoute(exchange);
      if (!route) return;
      const caller = route.access === 'public' ? ANONYMOUS : await authenticate(exchange, route);
      if (!caller) return;
      const identity = identityOf(caller, exchange);
      if (route.rateLimits.length > 0 && !(await isWithinLimits(exchange, route, identity))) return;
      if (exchange.response.destroyed) return;
      if (route.publish) publish(exchange, route, identity.userId);
      else forward(exchange, route, identity);
    } catch (error) {
      exchange.fail(error);
    }
  }

  /** Undefined: answered already. */
  function findRoute(exchange: Exchange): Route | undefined {
    const { request, target, host } = exchange;
    if (!target) throw new Error('an exchange without a target');
    const table = routes.current();
    if (crossOrigin.isPreflight(request)) {
      answerPreflight(exchange, table.allowedMethods(target.path, host));
      return undefined;
    }
    const route = table.match(request.method ?? '', target.path, host);
    if (route) exchange.routeName = route.name;
    else refuseUnrouted(exchange, table.allowedMethods(target.path, host));
    return route;
  }

  /** Undefined: answered already, or the client has gone. */
  async function authenticate(exchange: Exchange, route: Route): Promise<AccessToken | undefined> {
    if (!tokens.ready()) {
      const retry = { 'retry-after': NOT_READY_RETRY_AFTER_SECONDS };
      exchange.refuse('service_unavailable', 'Tokens cannot be checked yet', retry);
      return undefined;
    }
    const { upgrade, request } = exchange;
    const token = upgrade ? upgrade.token : bearerToken(request.headers.authorization);
    if (token === undefined) {
      exchange.refuse('unauthenticated', 'An access token is needed', { 'www-authenticate': CHALLENGE });
      return undefined;
    }
    const checked = tokens.recall(token) ?? (await tokens.verify(token));
    if (!checked) {
      refuseToken(exchange);
      return undefined;
    }
    exchange.token = checked;
    if (decideAccess(route.access, identityOf(checked, exchange)) === 'allowed') return checked;
    const challenge = `${CHALLENGE}, error="insufficient_scope"`;
    exchange.refuse('forbidden', undefined, { 'www-authenticate': challenge });
    return undefined;
  }

  async function isWithinLimits(exchange: Exchange, route: Route, identity: Identity): Promise<boolean> {
    const { headers, refused } = await rateLimits.take(route, identity);
    exchange.limitHeaders = headers;
    if (refused) exchange.refuse('rate_limited', undefined, { 'retry-after': refused.retryAfter });
    return !refused;
  }

  function forward(exchange: Exchange, route: ServiceRoute, identity: Identity): void {
    const { request, response, requestId, trace } = exchange;
    const withBody = hasBody(request);
    const length = request.headers['content-length'];
    if (withBody && Number(length ?? 0) > route.maxBodyBytes) {
      exchange.refuse('payload_too_large', `The body may have at most ${route.maxBodyBytes} bytes`);
      return;
    }
    const key = signingKeys.get(route.service);
    if (!key) throw new Error(`no signing key for ${route.service}`);
    const method = request.method ?? '';
    const path = forwardedPath(route, withoutTrailingSlash(exchange.target?.path ?? ''));
    const target = path + (exchange.target?.query ?? '');
    const headers = passedHeaders({
      rawHeaders: request.rawHeaders,
      connection: request.headers.connection,
      passBasic: path.startsWith('/oauth/'),
      passTracestate: request.headers['traceparent']?.includes(trace.traceId) === true,
    });
    const { service } = route;
    const signed = signIdentity({ service, key, now: now(), method, target, identity, requestId });
    for (const name in signed) headers.push(name, signed[name] ?? '');
    headers.push('traceparent', trace.traceparent);
    if (withBody && length !== undefined) headers.push('content-length', length);
    const protocols = exchange.upgrade?.protocols;
    if (protocols) headers.push('sec-websocket-protocol', protocols);

    const body = withBody ? new RequestBody(request, response, route.maxBodyBytes) : undefined;
    const to = upstreams.service(route.targetEnv);
    const way = { exchange, route, service: to, streams, logger, method, target, headers, body };
    const forwarding = new Forwarding(way);
    exchange.underWay = forwarding;
    forwarding.start();
  }

  return handle;
}

function identityOf({ userId, sessionId, roles, scopes }: Caller, { clientAddress }: Exchange): Identity {
  return { userId, sessionId, roles, scopes, clientAddress };
}

function answerPreflight(exchange: Exchange, methods: readonly string[]): void {
  if (methods.length === 0) {
    exchange.refuse('no_route');
    return;
  }
  exchange.routeName = 'preflight';
  exchange.applyHeaders();
  exchange.response.writeHead(204, preflightHeaders(methods)).end();
}

function refuseUnrouted(exchange: Exchange, allowed: readonly string[]): void {
  if (allowed.length === 0) exchange.refuse('no_route');
  else exchange.refuse('method_not_allowed', undefined, { allow: allowed.join(', ') });
}

function refuseToken(exchange: Exchange): void {
  const challenge = `${CHALLENGE}, error="invalid_token"`;
  exchange.refuse('unauthenticated', 'The access token is not valid', { 'www-authenticate': challenge });
}
