import { LRUCache } from 'lru-cache';
import type { RateLimit } from '../routing/route.ts';
import type { LimitState } from './rate-limit-headers.ts';
import type { SharedBuckets } from './shared-buckets.ts';
import { type Taken, takeTokens } from './token-bucket.ts';

/** Callers remembered of each limit for each of the two reasons; beyond that the one that came longest ago is forgotten. */
const MOST_CALLERS = 50_000;

/** Whom a limit counts a request for; undefined: it does not count this one. */
export type CallerOf = (rule: RateLimit) => string | undefined;

interface Limit {
  rule: RateLimit;
  /** Of its keys at Redis. */
  prefix: string;
  /** When the buckets of callers are full again, for as long as they are counted here. */
  own: LRUCache<string, number>;
  /** When those who were refused can be served again: before that Redis need not be asked. */
  refusedUntil: LRUCache<string, number>;
}

interface Counted {
  limit: Limit;
  caller: string;
}

/** Limits that all hold: a request takes a token of each, or of none. Counted at Redis, and while that is away here. */
export class LimitSet {
  readonly #shared: SharedBuckets | undefined;
  readonly #limits: readonly Limit[];

  /** @param name part of every key at Redis, so that sets do not share their counts */
  constructor(shared: SharedBuckets | undefined, name: string, rules: readonly RateLimit[]) {
    this.#shared = shared;
    // Keys of one call have to be in one slot of a Redis cluster. A caller is an account or a client, so only an
    // address is counted beside another; keys that are alone are spread over all slots.
    const together = rules.length > 1 && rules.some(({ by }) => by === 'address');
    const tag = together ? `{${name}}` : name;
    this.#limits = rules.map((rule) => ({
      rule,
      prefix: `rate:${tag}:${rule.by}:`,
      own: new LRUCache({ max: MOST_CALLERS }),
      refusedUntil: new LRUCache({ max: MOST_CALLERS }),
    }));
  }

  /** @returns where the caller stands with each limit that counted the request, or refused it */
  async take(callerOf: CallerOf): Promise<LimitState[]> {
    const counted: Counted[] = [];
    for (const limit of this.#limits) {
      const caller = callerOf(limit.rule);
      if (caller !== undefined) counted.push({ limit, caller });
    }
    if (counted.length === 0) return [];
    const known = knownRefusals(counted);
    if (known.length > 0) return known;
    const keys = counted.map(({ limit, caller }) => limit.prefix + caller);
    const sizes = counted.map(({ limit }) => limit.rule);
    const taken = await this.#shared?.take(keys, sizes);
    if (!taken) return statesOf(counted, takeHere(counted));
    const states = statesOf(counted, taken);
    remember(counted, taken);
    return states;
  }
}

/** Where one of them refuses, the others need not be asked: nothing will be taken of them. */
function knownRefusals(counted: readonly Counted[]): LimitState[] {
  const now = performance.now();
  const refusals: LimitState[] = [];
  for (const { limit, caller } of counted) {
    const waitMs = (limit.refusedUntil.get(caller) ?? 0) - now;
    if (waitMs <= 0) continue;
    refusals.push({
      rule: limit.rule,
      taken: { allowed: false, remaining: 0, nextInMs: Math.ceil(waitMs) },
    });
  }
  return refusals;
}

function remember(counted: readonly Counted[], taken: readonly Taken[]): void {
  for (const [i, { limit, caller }] of counted.entries()) {
    const { allowed = true, nextInMs = 0 } = taken[i] ?? {};
    if (!allowed) limit.refusedUntil.set(caller, performance.now() + nextInMs);
  }
}

function takeHere(counted: readonly Counted[]): Taken[] {
  const buckets = counted.map(({ limit, caller }) => ({
    fullAt: limit.own.get(caller) ?? 0,
    size: limit.rule,
  }));
  return takeTokens(buckets, performance.now()).map(([taken, fullAt], i) => {
    const { limit, caller } = counted[i] ?? {};
    if (caller !== undefined) limit?.own.set(caller, fullAt);
    return taken;
  });
}

function statesOf(counted: readonly Counted[], taken: readonly Taken[]): LimitState[] {
  return counted.flatMap(({ limit: { rule } }, i) => {
    const stands = taken[i];
    return stands ? [{ rule, taken: stands }] : [];
  });
}
