import type { Role } from 'service-kit/identity';

/** Who may pass at the edge. The service behind it still checks every rule of its own. */
export type Access = 'public' | 'signed-in' | { roles: readonly Role[]; scopes: readonly string[] };

/** One entry of the routing table as it is written, with its defaults filled in. */
export interface Route {
  name: string;
  kind: 'path' | 'prefix';
  /** Canonical, without a trailing slash (but the root). */
  path: string;
  /** Upper case; undefined: every method that is forwarded at all. GET brings HEAD with it. */
  methods: ReadonlySet<string> | undefined;
  /** Lower case, without a port. */
  host: string | undefined;
  priority: number;
  /** The variable that holds the addresses of the service. */
  targetEnv: string;
  /** The service's name, as its signing key and its documents know it. */
  service: string;
  rewrite: string | undefined;
  access: Access;
  timeoutMs: number;
  maxBodyBytes: number;
}

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
export function forwardedPath(route: Route, path: string): string {
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
