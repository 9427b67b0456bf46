import { expect, it } from 'vitest';
import { type LimitState, rateLimitHeaders, retryAfter } from './rate-limit-headers.ts';
import type { Taken } from './token-bucket.ts';

const state = (by: 'account' | 'address', more: Partial<Taken> = {}): LimitState => ({
  rule: { by, limit: 10, windowSeconds: 60 },
  taken: { allowed: true, remaining: 9, nextInMs: 5_400, ...more },
});

it('an answer describes every limit that counted the request', () => {
  expect(rateLimitHeaders([state('account'), state('address', { remaining: 0, nextInMs: 1 })])).toEqual([
    'ratelimit-policy',
    '"account";q=10;w=60, "address";q=10;w=60',
    'ratelimit',
    '"account";r=9;t=6, "address";r=0;t=1',
  ]);
  expect(rateLimitHeaders([])).toEqual([]);
});

it('a refusal says when the strictest limit allows one more request', () => {
  expect(retryAfter([state('account'), state('address')])).toBeUndefined();
  const refused = [
    state('account', { allowed: false, nextInMs: 2_001 }),
    state('address', { allowed: false, nextInMs: 10 }),
  ];
  expect(retryAfter(refused)).toEqual({ retryAfter: '3' });
});
