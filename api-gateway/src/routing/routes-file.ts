import { roles } from 'service-kit/identity';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { canonicalPath } from './canonical-target.ts';
import { ambiguousPairs } from './route-table.ts';
import { FORWARDED_METHODS, isInternal, type Route, serviceOf } from './route.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_BODY_BYTES = 1024 * 1024;

/** What the gateway answers itself; an entry there would never be asked. */
const OWN_PATHS = new Set(['/healthz', '/readyz', '/docs', '/openapi.json']);

/** Every problem of a routes file, one a line. */
export class RoutesFileError extends Error {
  override readonly name = 'RoutesFileError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const routePath = z.string().check((context) => {
  const problem = problemOfPath(context.value);
  if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value });
});

const method = z
  .string()
  .refine((value) => FORWARDED_METHODS.has(value), `must be one of ${[...FORWARDED_METHODS].join(', ')}`);

const TARGET_RULE =
  'must be { env: "…_SERVICE_URL" }, or { publish: { exchange, routingKey, schema } } with names of letters, digits, ".", "_" or "-"';
const ACCESS_RULE = `must be "public", "signed-in", or { roles: [${roles.join(' | ')}], scopes: ["activity:write", …] } with at least one of the two`;

const access = z.union(
  [
    z.literal('public'),
    z.literal('signed-in'),
    z
      .strictObject({
        roles: z.array(z.enum(roles)).min(1).optional(),
        scopes: z
          .array(z.string().regex(/^[a-z]+:[a-z]+$/))
          .min(1)
          .optional(),
      })
      .refine((value) => value.roles !== undefined || value.scopes !== undefined, ACCESS_RULE),
  ],
  { error: ACCESS_RULE },
);

const rateLimit = z.strictObject({
  by: z.enum(['account', 'client', 'address']),
  limit: z.int().min(1).max(1_000_000),
  windowSeconds: z.int().min(1).max(86_400),
});

const rateLimits = z
  .union([rateLimit.transform((one) => [one]), z.array(rateLimit).min(1)])
  .refine((limits) => new Set(limits.map(({ by }) => by)).size === limits.length, 'must name each "by" once');

const service = z.strictObject({
  env: z.string().regex(/^[A-Z][A-Z0-9_]*_URL$/, 'must name a variable that ends in _URL'),
});

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_" or "-"');

const publish = z.strictObject({
  publish: z.strictObject({ exchange: name, routingKey: name, schema: name }),
});

const entry = z
  .strictObject({
    name,
    match: z
      .strictObject({
        path: routePath.optional(),
        prefix: routePath.optional(),
        methods: z.array(method).min(1, 'must name at least one method').optional(),
        host: z
          .string()
          .regex(/^[a-z0-9.-]+$/, 'must be a lower-case host name without a port')
          .optional(),
      })
      .refine(
        (match) => (match.path === undefined) !== (match.prefix === undefined),
        'must have either path or prefix',
      ),
    priority: z.int().optional(),
    target: z.union([service, publish], { error: TARGET_RULE }),
    rewrite: routePath.optional(),
    access,
    timeoutMs: z.int().min(1).max(3_600_000).optional(),
    maxBodyBytes: z.int().min(0).optional(),
    rateLimit: rateLimits.optional(),
    stream: z.boolean().optional(),
  })
  .check(({ value, issues }) => {
    if (!('publish' in value.target)) return;
    for (const message of problemsOfPublishing(value)) issues.push({ code: 'custom', message, input: value });
  })
  .transform((value): Route => {
    const { path, prefix, methods, host } = value.match;
    const common = {
      name: value.name,
      kind: path === undefined ? ('prefix' as const) : ('path' as const),
      path: path ?? prefix ?? '/',
      methods: methods && withHead(methods),
      host,
      priority: value.priority ?? 0,
      access:
        typeof value.access === 'string'
          ? value.access
          : { roles: value.access.roles ?? [], scopes: value.access.scopes ?? [] },
      timeoutMs: value.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxBodyBytes: value.maxBodyBytes ?? (value.stream ? Number.POSITIVE_INFINITY : DEFAULT_BODY_BYTES),
      rateLimits: value.rateLimit ?? [],
    };
    if ('publish' in value.target) return { ...common, publish: value.target.publish };
    return {
      ...common,
      publish: undefined,
      targetEnv: value.target.env,
      service: serviceOf(value.target.env),
      rewrite: value.rewrite,
      stream: value.stream ?? false,
    };
  });

interface PublishEntry {
  match: { path?: string | undefined; methods?: readonly string[] | undefined };
  access: unknown;
  rewrite?: string | undefined;
  stream?: boolean | undefined;
}

function problemsOfPublishing({ match, access, rewrite, stream }: PublishEntry): string[] {
  return [
    ...(match.path !== undefined && match.methods?.join() === 'POST' ? [] : ['takes POST at one path']),
    // The client is the source of its messages, so there has to be one.
    ...(access === 'public' ? ['is for callers with a token only'] : []),
    ...(rewrite === undefined && stream === undefined ? [] : ['has no rewrite and no stream']),
  ].map((rule) => `an entry that publishes ${rule}`);
}

const routesFile = z.strictObject({ routes: z.array(z.unknown()).min(1, 'must hold at least one entry') });

/**
 * The entries of a routes file.
 *
 * @param text YAML
 * @param requires asked of every entry: what keeps it from being served here, if anything
 * @throws RoutesFileError with every problem at once
 */
export function parseRoutes(text: string, requires: (route: Route) => string | undefined): Route[] {
  const file = routesFile.safeParse(parseYaml(text));
  if (!file.success) throw new RoutesFileError(file.error.issues.map((issue) => describe('', issue)));
  const problems: string[] = [];
  const routes: Route[] = [];
  for (const [index, value] of file.data.routes.entries()) {
    const parsed = entry.safeParse(value);
    if (parsed.success) routes.push(parsed.data);
    else problems.push(...parsed.error.issues.map((issue) => describe(labelOf(index, value), issue)));
  }
  for (const route of routes) {
    const missing = requires(route);
    if (missing) problems.push(`"${route.name}": ${missing}`);
  }
  problems.push(...problemsBetween(routes));
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
    problems.push(`"${first.name}" and "${second.name}" match the same requests and could not be told apart`);
  }
  return problems;
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

function problemOfPath(path: string): string | undefined {
  if (canonicalPath(path) !== path) return 'must be a path in its canonical form, beginning with "/"';
  if (path.length > 1 && path.endsWith('/')) return 'must not end in "/"';
  if (isInternal(path)) return 'must not reach /internal, which is for services only';
  if (OWN_PATHS.has(path) || path.startsWith('/docs/')) return 'is a path of the gateway itself';
  return undefined;
}

function withHead(methods: readonly string[]): ReadonlySet<string> {
  return new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods);
}

function labelOf(index: number, value: unknown): string {
  const name = z.object({ name: z.string() }).safeParse(value);
  return name.success ? `"${name.data.name}"` : `entry ${index + 1}`;
}

function describe(label: string, issue: z.core.$ZodIssue): string {
  const where = [label, issue.path.join('.')].filter((part) => part !== '').join(' ');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}
