import { LRUCache } from 'lru-cache';
import type { RateLimit } from '../routing/route.ts';
import type { LimitState } from './rate-limit-headers.ts';
import type { SharedBuckets } from './shared-buckets.ts';
import { type Taken, takeTokens } from './token-bucket.ts';

/** Most callers remembered, over all limits. Beyond that the oldest are forgotten. */
const MOST_CALLERS = 100_000;

/** What this process remembers of callers, in milliseconds on the clock of `performance`. */
export interface LimitMemory {
  /** When a caller's bucket is full again, while it is counted here. */
  fullAt: LRUCache<string, number>;
  /** Until when a caller is refused. Until then Redis is not asked. */
  refusedUntil: LRUCache<string, number>;
}

/** One memory for all limits, because an LRU cache of this size takes some megabytes at once. */
export function createLimitMemory(): LimitMemory {
  return { fullAt: new LRUCache({ max: MOST_CALLERS }), refusedUntil: new LRUCache({ max: MOST_CALLERS }) };
}

/** The caller whom a limit counts. Undefined: it does not count this request. */
export type CallerOf = (rule: RateLimit) => string | undefined;

export interface LimitSetDeps {
  /** Undefined: requests are counted in this process alone. */
  shared: SharedBuckets | undefined;
  memory: LimitMemory;
  /** Part of every key in Redis, so that sets do not share counts. */
  name: string;
  rules: readonly RateLimit[];
}

interface Limit {
  rule: RateLimit;
  /** The prefix of its keys in Redis. */
  prefix: string;
}

/** A limit that counts the current request, with the caller's key. */
interface Counted {
  rule: RateLimit;
  key: string;
}

let sets = 0;

/**
 * Limits that hold together: a request takes a token of each or of none. Counted in Redis, or in this process
 * while Redis is unavailable.
 */
export class LimitSet {
  readonly #shared: SharedBuckets | undefined;
  readonly #memory: LimitMemory;
  readonly #limits: readonly Limit[];
  /**
   * Prefix of the keys in memory. A reload of the table makes a new set, which forgets the counts of the old one.
   */
  readonly #generation: string;

  constructor({ shared, memory, name, rules }: LimitSetDeps) {
    this.#shared = shared;
    this.#memory = memory;
    this.#generation = `${(sets += 1)} `;
    // A Redis cluster needs the keys of one call in one slot. A caller is an account or a client, so only an
    // address is ever counted together with another key. Single keys are spread over all slots.
    const together = rules.length > 1 && rules.some(({ by }) => by === 'address');
    const tag = together ? `{${name}}` : name;
    this.#limits = rules.map((rule) => ({ rule, prefix: `rate:${tag}:${rule.by}:` }));
  }

  /** @returns the state of each limit that counted or refused the request */
  async take(callerOf: CallerOf): Promise<LimitState[]> {
    const counted: Counted[] = [];
    for (const { rule, prefix } of this.#limits) {
      const caller = callerOf(rule);
      if (caller !== undefined) counted.push({ rule, key: prefix + caller });
    }
    if (counted.length === 0) return [];
    const known = this.#knownRefusals(counted);
    if (known.length > 0) return known;
    const taken = await this.#shared?.take(
      counted.map(({ key }) => key),
      counted.map(({ rule }) => rule),
    );
    if (!taken) return statesOf(counted, this.#takeHere(counted));
    const states = statesOf(counted, taken);
    this.#rememberRefusals(counted, taken);
    return states;
  }

  /** If one limit refuses, none takes a token, so Redis need not be asked. */
  #knownRefusals(counted: readonly Counted[]): LimitState[] {
    const now = performance.now();
    const refusals: LimitState[] = [];
    for (const { rule, key } of counted) {
      const waitMs = (this.#memory.refusedUntil.get(this.#generation + key) ?? 0) - now;
      if (waitMs <= 0) continue;
      refusals.push({ rule, taken: { allowed: false, remaining: 0, nextInMs: Math.ceil(waitMs) } });
    }
    return refusals;
  }

  #rememberRefusals(counted: readonly Counted[], taken: readonly Taken[]): void {
    for (const [i, { allowed, nextInMs }] of taken.entries()) {
      if (allowed) continue;
      this.#memory.refusedUntil.set(this.#generation + counted[i]?.key, performance.now() + nextInMs);
    }
  }

  #takeHere(counted: readonly Counted[]): Taken[] {
    const { fullAt } = this.#memory;
    const buckets = counted.map(({ rule, key }) => ({
      fullAt: fullAt.get(this.#generation + key) ?? 0,
      size: rule,
    }));
    return takeTokens(buckets, performance.now()).map(([taken, full], i) => {
      fullAt.set(this.#generation + counted[i]?.key, full);
      return taken;
    });
  }
}

function statesOf(counted: readonly Counted[], taken: readonly Taken[]): LimitState[] {
  return taken.flatMap((each, i) => {
    const rule = counted[i]?.rule;
    return rule ? [{ rule, taken: each }] : [];
  });
}
