import { z } from 'zod';
import type { Access, RateLimit } from './route.ts';

/** More would be no limit to anybody, and is beyond what a bucket's clock can tell apart. */
const MOST_PER_SECOND = 100_000;

const rateLimit = z.strictObject({
  by: z.enum(['account', 'client', 'address']),
  limit: z.int().min(1).max(1_000_000),
  windowSeconds: z.int().min(1).max(86_400),
});

/** One limit, or several that all hold, as they are written. */
export const rateLimitRules = z
  .union([rateLimit.transform((one) => [one]), z.array(rateLimit).min(1)])
  .refine((limits) => new Set(limits.map(({ by }) => by)).size === limits.length, 'must name each "by" once');

/** `RATE_LIMIT_SCALE` multiplies limits; each lets one request pass at least. */
export function scaledLimits(rules: readonly RateLimit[], scale: number): readonly RateLimit[] {
  return rules.map(({ by, limit, windowSeconds }) => ({
    by,
    limit: Math.min(Math.max(Math.round(limit * scale), 1), windowSeconds * MOST_PER_SECOND),
    windowSeconds,
  }));
}

/** Who can pass is counted by the limits of some kinds only. */
function countable(access: Access): Record<RateLimit['by'], boolean> {
  const hasRoles = typeof access === 'string' ? access === 'signed-in' : access.roles.length > 0;
  const hasScopes = typeof access !== 'string' && access.scopes.length > 0;
  return { account: hasRoles, client: hasScopes, address: true };
}

/** The limits among them that no caller would ever meet: they look like limits and are none. */
export function idleLimits(access: Access, rules: readonly RateLimit[]): RateLimit[] {
  const counted = countable(access);
  return rules.filter(({ by }) => !counted[by]);
}

/** Whether everybody whom the access lets pass meets one of the limits. */
export function limitsEverybody(access: Access, rules: readonly RateLimit[]): boolean {
  const kinds = new Set(rules.map(({ by }) => by));
  if (kinds.has('address')) return true;
  const { account, client } = countable(access);
  return access !== 'public' && (!account || kinds.has('account')) && (!client || kinds.has('client'));
}
