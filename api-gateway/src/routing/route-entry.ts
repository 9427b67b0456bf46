import { canonicalHost } from 'service-kit/http';
import { roles } from 'service-kit/identity';
import { z } from 'zod';
import { canonicalPath } from './canonical-target.ts';
import { idleLimits, rateLimitRules, scaledLimits } from './rate-limit-rules.ts';
import {
  type Access,
  FORWARDED_METHODS,
  isInternal,
  type RateLimit,
  type Route,
  serviceOf,
} from './route.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_BODY_BYTES = 1024 * 1024;

/** The gateway's own endpoints. A route there would never be used. */
const OWN_PATHS = new Set(['/healthz', '/readyz', '/docs', '/openapi.json']);

const routePath = z.string().check((context) => {
  const problem = problemOfPath(context.value);
  if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value });
});

/** Hosts of requests are compared in the same form. */
const routeHost = z.string().transform((value, context): string => {
  const host = /:\d*$/.test(value) ? undefined : canonicalHost(value);
  if (host !== undefined) return host;
  context.addIssue({ code: 'custom', message: 'must be a host name without a port' });
  return z.NEVER;
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

const service = z.strictObject({
  env: z.string().regex(/^[A-Z][A-Z0-9_]*_URL$/, 'must name a variable that ends in _URL'),
});

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_" or "-"');

const publish = z.strictObject({
  publish: z.strictObject({ exchange: name, routingKey: name, schema: name }),
});

/** The named limits of the file, and the factor for all limits. */
export interface FileLimits {
  named: ReadonlyMap<string, readonly RateLimit[]>;
  scale: number;
}

/** One entry of the file, transformed into a route with its defaults. */
export const routeEntry = (limits: FileLimits) =>
  z
    .strictObject({
      name,
      match: z
        .strictObject({
          path: routePath.optional(),
          prefix: routePath.optional(),
          methods: z.array(method).min(1, 'must name at least one method').optional(),
          host: routeHost.optional(),
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
      rateLimit: z.union([z.string(), rateLimitRules]).optional(),
      stream: z.boolean().optional(),
    })
    .check(({ value, issues }) => {
      const problems = [...problemsOfPublishing(value), ...problemsOfLimits(value, limits)];
      for (const message of problems) issues.push({ code: 'custom', message, input: value });
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
        access: accessOf(value.access),
        timeoutMs: value.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        maxBodyBytes: value.maxBodyBytes ?? (value.stream ? Number.POSITIVE_INFINITY : DEFAULT_BODY_BYTES),
        ...limitsOf(value, limits),
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

interface EntryRules {
  target: object;
  match: { path?: string | undefined; methods?: readonly string[] | undefined };
  access: z.output<typeof access>;
  rewrite?: string | undefined;
  stream?: boolean | undefined;
  rateLimit?: string | readonly RateLimit[] | undefined;
}

function problemsOfPublishing({ target, match, access, rewrite, stream }: EntryRules): string[] {
  if (!('publish' in target)) return [];
  return [
    ...(match.path !== undefined && match.methods?.join() === 'POST' ? [] : ['takes POST at one path']),
    // The caller is the source of the message, so it must be known.
    ...(access === 'public' ? ['is for callers with a token only'] : []),
    ...(rewrite === undefined && stream === undefined ? [] : ['has no rewrite and no stream']),
  ].map((rule) => `an entry that publishes ${rule}`);
}

function problemsOfLimits({ access, rateLimit = [] }: EntryRules, { named }: FileLimits): string[] {
  const shared = typeof rateLimit === 'string';
  if (shared && !named.has(rateLimit))
    return [`rateLimit "${rateLimit}" is not among the limits of this file`];
  const rules = shared ? (named.get(rateLimit) ?? []) : rateLimit;
  const idle = idleLimits(accessOf(access), rules);
  // A shared limit may count callers who cannot pass this route.
  if (shared && idle.length < rules.length) return [];
  return idle.map(({ by }) => `a rate limit by ${by} counts none of the callers that this access allows`);
}

function limitsOf(
  { name, rateLimit = [] }: { name: string; rateLimit?: string | readonly RateLimit[] | undefined },
  { named, scale }: FileLimits,
): Pick<Route, 'rateLimits' | 'limitName'> {
  if (typeof rateLimit === 'string') return { rateLimits: named.get(rateLimit) ?? [], limitName: rateLimit };
  return { rateLimits: scaledLimits(rateLimit, scale), limitName: name };
}

function accessOf(value: z.output<typeof access>): Access {
  return typeof value === 'string' ? value : { roles: value.roles ?? [], scopes: value.scopes ?? [] };
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
