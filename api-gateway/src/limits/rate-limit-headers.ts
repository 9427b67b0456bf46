import type { RateLimit } from '../routing/route.ts';
import type { Taken } from './token-bucket.ts';

/** Where one caller stands with one limit. */
export interface LimitState {
  rule: RateLimit;
  taken: Taken;
}

/**
 * What a client needs to stay within its limits. Source: draft-ietf-httpapi-ratelimit-headers-11 (`t`: when more
 * becomes available).
 */
export function rateLimitHeaders(states: readonly LimitState[]): Record<string, string> {
  if (states.length === 0) return {};
  const policies = states.map(({ rule }) => `"${rule.by}";q=${rule.limit};w=${rule.windowSeconds}`);
  const stands = states.map(
    ({ rule, taken }) => `"${rule.by}";r=${taken.remaining};t=${seconds(taken.nextInMs)}`,
  );
  return { 'ratelimit-policy': policies.join(', '), ratelimit: stands.join(', ') };
}

/** Undefined where every limit allows the request; otherwise when the last of those that do not would. */
export function retryAfter(states: readonly LimitState[]): { retryAfter: string } | undefined {
  const refusing = states.filter(({ taken }) => !taken.allowed);
  if (refusing.length === 0) return undefined;
  return { retryAfter: String(Math.max(...refusing.map(({ taken }) => seconds(taken.nextInMs)))) };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
