import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { ambiguousPairs } from './route-table.ts';
import { rateLimitRules, scaledLimits } from './rate-limit-rules.ts';
import { routeEntry } from './route-entry.ts';
import type { RateLimit, Route } from './route.ts';

/** All problems of a routes file, one a line. */
export class RoutesFileError extends Error {
  override readonly name = 'RoutesFileError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const routesFile = z.strictObject({
  /** Limits by name. Routes that name the same limit are counted together. */
  limits: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be small letters, digits or "-"'), rateLimitRules)
    .optional(),
  routes: z.array(z.unknown()).min(1, 'must hold at least one entry'),
});

/**
 * Reads the routes of a routes file.
 *
 * @param text YAML
 * @param problemOf what keeps a route from being served here, if anything
 * @param rateLimitScale factor for every limit
 * @throws RoutesFileError with all problems at once
 */
export function parseRoutes(
  text: string,
  problemOf: (route: Route) => string | undefined,
  rateLimitScale = 1,
): Route[] {
  const file = routesFile.safeParse(parseYaml(text));
  if (!file.success) throw new RoutesFileError(file.error.issues.map((issue) => describe('', issue)));
  const { limits = {} } = file.data;
  const named = new Map(
    Object.entries(limits).map(([name, rules]) => [name, scaledLimits(rules, rateLimitScale)]),
  );
  const entry = routeEntry({ named, scale: rateLimitScale });
  const problems: string[] = [];
  const routes: Route[] = [];
  for (const [index, value] of file.data.routes.entries()) {
    const parsed = entry.safeParse(value);
    if (parsed.success) routes.push(parsed.data);
    else problems.push(...parsed.error.issues.map((issue) => describe(labelOf(index, value), issue)));
  }
  for (const route of routes) {
    const missing = problemOf(route);
    if (missing) problems.push(`"${route.name}": ${missing}`);
  }
  problems.push(...problemsBetween(routes), ...sharedNames(routes, named));
  if (problems.length > 0) throw new RoutesFileError(problems);
  return routes;
}

function problemsBetween(routes: readonly Route[]): string[] {
  const problems: string[] = [];
  const names = new Set<string>();
  for (const { name } of routes) {
    if (names.has(name)) problems.push(`"${name}": the name is used more than once`);
    names.add(name);
  }
  for (const [first, second] of ambiguousPairs(routes)) {
    problems.push(`"${first.name}" and "${second.name}" match the same requests`);
  }
  return problems;
}

/**
 * Counts are stored by the limit's name, so a route with its own limits must not have the name of a shared limit.
 */
function sharedNames(routes: readonly Route[], named: ReadonlyMap<string, readonly RateLimit[]>): string[] {
  return routes
    .filter(
      ({ name, rateLimits, limitName }) => rateLimits.length > 0 && limitName === name && named.has(name),
    )
    .filter(({ name, rateLimits }) => named.get(name) !== rateLimits)
    .map(({ name }) => `"${name}": has limits of its own, but its name is that of a limit of this file`);
}

function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new RoutesFileError(
      document.errors.map((error) => `line ${lines.linePos(error.pos[0]).line}: ${error.message}`),
    );
  }
  return document.toJS({ maxAliasCount: 100 });
}

function labelOf(index: number, value: unknown): string {
  const name = z.object({ name: z.string() }).safeParse(value);
  return name.success ? `"${name.data.name}"` : `entry ${index + 1}`;
}

function describe(label: string, issue: z.core.$ZodIssue): string {
  const where = [label, issue.path.join('.')].filter((part) => part !== '').join(' ');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}
