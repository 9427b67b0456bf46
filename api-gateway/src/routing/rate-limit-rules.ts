import { z } from 'zod';
import type { Access, RateLimit } from './route.ts';

/** Above this rate the buckets' clock cannot tell requests apart. */
const MOST_PER_SECOND = 100_000;

const rateLimit = z.strictObject({
  by: z.enum(['account', 'client', 'address']),
  limit: z.int().min(1).max(1_000_000),
  windowSeconds: z.int().min(1).max(86_400),
});

/** One limit or several, as written in the file. */
export const rateLimitRules = z
  .union([rateLimit.transform((one) => [one]), z.array(rateLimit).min(1)])
  .refine((limits) => new Set(limits.map(({ by }) => by)).size === limits.length, 'must name each "by" once');

/** Multiplies limits by `RATE_LIMIT_SCALE`. Each still allows at least one request. */
export function scaledLimits(rules: readonly RateLimit[], scale: number): readonly RateLimit[] {
  return rules.map(({ by, limit, windowSeconds }) => ({
    by,
    limit: Math.min(Math.max(Math.round(limit * scale), 1), windowSeconds * MOST_PER_SECOND),
    windowSeconds,
  }));
}

/** The kinds of limits that count the callers who pass an access rule. */
function countable(access: Access): Record<RateLimit['by'], boolean> {
  const hasRoles = typeof access === 'string' ? access === 'signed-in' : access.roles.length > 0;
  const hasScopes = typeof access !== 'string' && access.scopes.length > 0;
  return { account: hasRoles, client: hasScopes, address: true };
}

/** The limits that count none of the callers whom the access rule allows. */
export function idleLimits(access: Access, rules: readonly RateLimit[]): RateLimit[] {
  const counted = countable(access);
  return rules.filter(({ by }) => !counted[by]);
}

/** Whether every caller whom the access rule allows is counted by one of the limits. */
export function limitsEveryCaller(access: Access, rules: readonly RateLimit[]): boolean {
  const kinds = new Set(rules.map(({ by }) => by));
  if (kinds.has('address')) return true;
  const { account, client } = countable(access);
  return access !== 'public' && (!account || kinds.has('account')) && (!client || kinds.has('client'));
}
