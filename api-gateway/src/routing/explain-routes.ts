import { type Access, forwardedPath, type Route } from './route.ts';
import { canonicalTarget } from './canonical-target.ts';
import { type RouteTable, withoutTrailingSlash } from './route-table.ts';

/** The effective table as text, in the order in which entries are asked. */
export function printRoutes(table: RouteTable): string {
  const rows = table.routes.map((route, index) => [
    String(index + 1),
    route.name,
    route.methods ? [...route.methods].join(',') : '*',
    matchOf(route),
    describeAccess(route.access),
    targetOf(route),
    `${route.timeoutMs} ms`,
    `${route.maxBodyBytes} B`,
  ]);
  return columns([['#', 'name', 'methods', 'match', 'access', 'target', 'timeout', 'body'], ...rows]);
}

/** Which entry serves a request such as `GET /v1/events/42` (an absolute URL names a host, too). */
export function explainRequest(table: RouteTable, request: string): string {
  const [method = '', url = ''] = request.trim().split(/\s+/);
  const target = canonicalTarget(url);
  if (!target) return `${method} ${url} → 400 ambiguous_path`;
  const host = hostName(target.authority ?? '');
  const path = withoutTrailingSlash(target.path);
  const route = table.match(method, path, host);
  if (!route) {
    const allowed = table.allowedMethods(path, host);
    if (allowed.length === 0) return `${method} ${path} → 404 no_route`;
    return `${method} ${path} → 405 method_not_allowed, Allow: ${allowed.join(', ')}`;
  }
  return [
    `${method} ${path} → ${route.name}`,
    `  match    ${matchOf(route)}`,
    `  access   ${describeAccess(route.access)}`,
    `  forward  ${method} ${forwardedPath(route, path)}${target.query} to ${route.service} (${route.targetEnv})`,
    `  limits   ${route.timeoutMs} ms, ${route.maxBodyBytes} bytes`,
  ].join('\n');
}

/** `Example.org:8080` is asked for as `example.org`. */
export function hostName(authority: string): string {
  const port = authority.lastIndexOf(':');
  const name = port > authority.lastIndexOf(']') ? authority.slice(0, port) : authority;
  return name.toLowerCase();
}

export function describeAccess(access: Access): string {
  if (typeof access === 'string') return access;
  return [...access.roles, ...access.scopes.map((scope) => `scope ${scope}`)].join(' | ');
}

function matchOf(route: Route): string {
  const priority = route.priority === 0 ? '' : ` (priority ${route.priority})`;
  const rest = route.kind === 'prefix' ? (route.path === '/' ? '*' : '/*') : '';
  return `${route.host ?? ''}${route.path}${rest}${priority}`;
}

function targetOf(route: Route): string {
  return route.rewrite === undefined ? route.service : `${route.service} ${route.rewrite}`;
}

function columns(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
