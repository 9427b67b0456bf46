import type { Role } from 'service-kit/identity';

/** The callers whom the gateway allows. The service still checks its own rules. */
export type Access = 'public' | 'signed-in' | { roles: readonly Role[]; scopes: readonly string[] };

/** A rate limit of a route. */
export interface RateLimit {
  /** The requests that are counted together. Accounts and service clients are known by their token. */
  by: 'account' | 'client' | 'address';
  /** Requests in a window. All of them may come at once. */
  limit: number;
  windowSeconds: number;
}

/** The common part of every route, with defaults. */
interface Entry {
  name: string;
  kind: 'path' | 'prefix';
  /** In canonical form, without a trailing slash (except the root). */
  path: string;
  /** In upper case. Undefined: every forwarded method. GET includes HEAD. */
  methods: ReadonlySet<string> | undefined;
  /** In canonical form. */
  host: string | undefined;
  priority: number;
  access: Access;
  /** Time until the end of the answer; for a stream until its beginning. */
  timeoutMs: number;
  maxBodyBytes: number;
  /** All of them hold. Routes that share a named limit share one list. */
  rateLimits: readonly RateLimit[];
  /** The name of the shared limit, or of the route if the limits are its own. */
  limitName: string;
}

/** A route whose requests are forwarded to a service. */
export interface ServiceRoute extends Entry {
  publish: undefined;
  /** The environment variable that holds the service's addresses. */
  targetEnv: string;
  /** The service's name, for its signing key and its API document. */
  service: string;
  rewrite: string | undefined;
  /** May stay open as long as both sides want: WebSockets, server-sent events, long uploads and downloads. */
  stream: boolean;
}

/** A route whose requests are published as messages. No service is called. */
export interface PublishRoute extends Entry {
  publish: PublishTarget;
}

export interface PublishTarget {
  exchange: string;
  routingKey: string;
  /** The name of the message's contract. */
  schema: string;
}

export type Route = ServiceRoute | PublishRoute;

/** Without TRACE, which echoes headers, and CONNECT. */
export const FORWARDED_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

/** `AUTH_SERVICE_URL` → `auth-service`. */
export function serviceOf(targetEnv: string): string {
  return targetEnv.replace(/_URL$/, '').toLowerCase().replaceAll('_', '-');
}

/** The path of the request to the service. */
export function forwardedPath(route: ServiceRoute, path: string): string {
  if (route.rewrite === undefined) return path;
  if (route.kind === 'path') return route.rewrite;
  const rest = route.path === '/' ? path : path.slice(route.path.length);
  if (route.rewrite === '/') return rest === '' ? '/' : rest;
  return rest === '/' ? route.rewrite : route.rewrite + rest;
}

/** Whether a path is for services only. Case is ignored, as Express does. */
export function isInternal(path: string): boolean {
  if (path.length < 9 || (path.length > 9 && path.charCodeAt(9) !== 0x2f)) return false;
  return path.slice(0, 9).toLowerCase() === '/internal';
}
