import type { Role } from 'service-kit/identity';

/** Who may pass at the edge. The service behind it still checks every rule of its own. */
export type Access = 'public' | 'signed-in' | { roles: readonly Role[]; scopes: readonly string[] };

/** One of the rates to which an entry holds its callers. */
export interface RateLimit {
  /** Whose requests are counted together. Accounts and service clients are counted where the token names one. */
  by: 'account' | 'client' | 'address';
  /** Requests in a window; as many may come at once. */
  limit: number;
  windowSeconds: number;
}

/** What every entry of the routing table says, with the defaults filled in. */
interface Entry {
  name: string;
  kind: 'path' | 'prefix';
  /** Canonical, without a trailing slash (but the root). */
  path: string;
  /** Upper case; undefined: every method that is forwarded at all. GET brings HEAD with it. */
  methods: ReadonlySet<string> | undefined;
  /** Canonical. */
  host: string | undefined;
  priority: number;
  access: Access;
  /** Until the end of the answer; of a stream until its beginning. */
  timeoutMs: number;
  maxBodyBytes: number;
  /** All of them hold. Entries that name one limit of the file have one list. */
  rateLimits: readonly RateLimit[];
  /** Of the limit of the file, or of the entry where the limits are its own. */
  limitName: string;
}

/** An entry whose requests go on to a service. */
export interface ServiceRoute extends Entry {
  publish: undefined;
  /** The variable that holds the addresses of the service. */
  targetEnv: string;
  /** The service's name, as its signing key and its documents know it. */
  service: string;
  rewrite: string | undefined;
  /** May stay open for as long as both sides want: WebSockets, server-sent events, long uploads and downloads. */
  stream: boolean;
}

/** An entry whose requests become messages; no service is called. */
export interface PublishRoute extends Entry {
  publish: PublishTarget;
}

export interface PublishTarget {
  exchange: string;
  routingKey: string;
  /** The type of the message, by which its contract is called. */
  schema: string;
}

export type Route = ServiceRoute | PublishRoute;

/** Never TRACE (it echoes headers) and never CONNECT. */
export const FORWARDED_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

/** AUTH_SERVICE_URL names auth-service. */
export function serviceOf(targetEnv: string): string {
  return targetEnv.replace(/_URL$/, '').toLowerCase().replaceAll('_', '-');
}

/** The path that the service is asked for. */
export function forwardedPath(route: ServiceRoute, path: string): string {
  if (route.rewrite === undefined) return path;
  if (route.kind === 'path') return route.rewrite;
  const rest = route.path === '/' ? path : path.slice(route.path.length);
  if (route.rewrite === '/') return rest === '' ? '/' : rest;
  return rest === '/' ? route.rewrite : route.rewrite + rest;
}

/** Paths between services; Express reads paths whatever their case, so this does too. */
export function isInternal(path: string): boolean {
  if (path.length < 9 || (path.length > 9 && path.charCodeAt(9) !== 0x2f)) return false;
  return path.slice(0, 9).toLowerCase() === '/internal';
}
