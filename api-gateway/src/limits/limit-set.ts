import type { RateLimit } from '../routing/route.ts';
import type { LimitMemory } from './limit-memory.ts';
import type { LimitState } from './rate-limit-headers.ts';
import type { SharedBuckets } from './shared-buckets.ts';
import { type Taken, takeTokens } from './token-bucket.ts';

/** Whom a limit counts a request for; undefined: it does not count this one. */
export type CallerOf = (rule: RateLimit) => string | undefined;

export interface LimitSetOptions {
  /** Undefined: counted here alone. */
  shared: SharedBuckets | undefined;
  memory: LimitMemory;
  /** Part of every key at Redis, so that sets do not share their counts. */
  name: string;
  rules: readonly RateLimit[];
}

interface Limit {
  rule: RateLimit;
  /** Of its keys at Redis. */
  prefix: string;
}

/** A limit that counts the request that is at hand, by the key of its caller. */
interface Counted {
  rule: RateLimit;
  key: string;
}

let sets = 0;

/** Limits that all hold: a request takes a token of each, or of none. Counted at Redis, and while that is away here. */
export class LimitSet {
  readonly #shared: SharedBuckets | undefined;
  readonly #memory: LimitMemory;
  readonly #limits: readonly Limit[];
  /** Before keys in memory: what a reload has replaced is forgotten, even where the name stays. */
  readonly #generation: string;

  constructor({ shared, memory, name, rules }: LimitSetOptions) {
    this.#shared = shared;
    this.#memory = memory;
    this.#generation = `${(sets += 1)} `;
    // Keys of one call have to be in one slot of a Redis cluster. A caller is an account or a client, so only an
    // address is counted beside another; keys that are alone are spread over all slots.
    const together = rules.length > 1 && rules.some(({ by }) => by === 'address');
    const tag = together ? `{${name}}` : name;
    this.#limits = rules.map((rule) => ({ rule, prefix: `rate:${tag}:${rule.by}:` }));
  }

  /** @returns where the caller stands with each limit that counted the request, or refused it */
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

  /** Where one of them refuses, Redis need not be asked: nothing would be taken of the others. */
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
