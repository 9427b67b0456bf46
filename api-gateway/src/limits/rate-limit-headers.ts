import type { RateLimit } from '../routing/route.ts';
import type { Taken } from './token-bucket.ts';

/** The state of one limit for one caller. */
export interface LimitState {
  rule: RateLimit;
  taken: Taken;
}

/**
 * The RateLimit headers: names and values in turn.
 * Source: draft-ietf-httpapi-ratelimit-headers-11 (`t`: when more becomes available).
 */
export function rateLimitHeaders(states: readonly LimitState[]): string[] {
  if (states.length === 0) return [];
  let policies = '';
  let limits = '';
  for (const { rule, taken } of states) {
    const comma = policies === '' ? '' : ', ';
    policies += `${comma}"${rule.by}";q=${rule.limit};w=${rule.windowSeconds}`;
    limits += `${comma}"${rule.by}";r=${taken.remaining};t=${seconds(taken.nextInMs)}`;
  }
  return ['ratelimit-policy', policies, 'ratelimit', limits];
}

/** Undefined if every limit allows the request. Otherwise the time after which all of them will. */
export function retryAfter(states: readonly LimitState[]): { retryAfter: string } | undefined {
  if (states.every(({ taken }) => taken.allowed)) return undefined;
  const refusing = states.filter(({ taken }) => !taken.allowed);
  return { retryAfter: String(Math.max(...refusing.map(({ taken }) => seconds(taken.nextInMs)))) };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
