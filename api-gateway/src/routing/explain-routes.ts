import { canonicalHost } from 'service-kit/http';
import { problems } from '../http/problems.ts';
import { type Access, forwardedPath, type RateLimit, type Route } from './route.ts';
import { canonicalTarget } from './canonical-target.ts';
import { type TargetProblem, targetProblem } from './target-problem.ts';
import { matchingRoutes, precedenceOver, type RouteTable, withoutTrailingSlash } from './route-table.ts';

/** The table as text, in the order in which routes are tried. */
export function printRoutes(table: RouteTable): string {
  const rows = table.routes.map((route, index) => [
    String(index + 1),
    route.name,
    route.methods ? [...route.methods].join(',') : '*',
    matchOf(route),
    describeAccess(route.access),
    targetOf(route),
    timeOf(route),
    Number.isFinite(route.maxBodyBytes) ? `${route.maxBodyBytes} B` : '-',
    describeLimits(route) || '-',
  ]);
  return columns([['#', 'name', 'methods', 'match', 'access', 'target', 'timeout', 'body', 'rate'], ...rows]);
}

/**
 * Explains which route serves a request such as `GET /v1/events/42`, and why. An absolute URL also names the host.
 */
export function explainRequest(table: RouteTable, request: string): string {
  const [method = '', url = ''] = request.trim().split(/\s+/);
  const target = canonicalTarget(url);
  if (!target) return `${method} ${url} → ${refusalOf(targetProblem(method, url))}`;
  const host = canonicalHost(target.authority ?? '') ?? '';
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
    `  why      ${whyFirst(route, matchingRoutes(table, method, path, host))}`,
    `  access   ${describeAccess(route.access)}`,
    route.publish
      ? `  publish  ${targetOf(route)}, checked as ${route.publish.schema}`
      : `  forward  ${method} ${forwardedPath(route, path)}${target.query} to ${route.service} (${route.targetEnv})`,
    `  limits   ${limitsOf(route)}`,
  ].join('\n');
}

function refusalOf({ code, detail }: TargetProblem): string {
  return `${problems[code].status} ${code}: ${detail}`;
}

function whyFirst(route: Route, matching: readonly Route[]): string {
  const others = matching.filter((each) => each !== route);
  if (others.length === 0) return 'the only entry that matches';
  return others.map((other) => `before ${other.name} by ${precedenceOver(route, other)}`).join(', ');
}

function describeAccess(access: Access): string {
  if (typeof access === 'string') return access;
  return [...access.roles, ...access.scopes.map((scope) => `scope ${scope}`)].join(' | ');
}

function matchOf(route: Route): string {
  const priority = route.priority === 0 ? '' : ` (priority ${route.priority})`;
  const rest = route.kind === 'prefix' ? (route.path === '/' ? '*' : '/*') : '';
  return `${route.host ?? ''}${route.path}${rest}${priority}`;
}

function limitsOf(route: Route): string {
  const bytes = Number.isFinite(route.maxBodyBytes) ? [`${route.maxBodyBytes} bytes`] : [];
  const rates = describeLimits(route) || 'no rate limit';
  return [timeOf(route), ...bytes, rates].join(', ');
}

function timeOf(route: Route): string {
  const isStream = !route.publish && route.stream;
  return `${route.timeoutMs} ms${isStream ? ' until the answer begins' : ''}`;
}

/** With the name of the limit, if other routes share it. */
function describeLimits({ name, limitName, rateLimits }: Route): string {
  const limits = rateLimits.map(describeLimit).join(', ');
  return limits === '' || limitName === name ? limits : `${limitName}: ${limits}`;
}

function describeLimit({ by, limit, windowSeconds }: RateLimit): string {
  return `${limit} in ${windowSeconds} s by ${by}`;
}

function targetOf(route: Route): string {
  if (route.publish) return `exchange ${route.publish.exchange}, key ${route.publish.routingKey}`;
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
