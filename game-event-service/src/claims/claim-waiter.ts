import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import type { Claim } from './claim.ts';
import { settledClaim, type Settlement } from './decide-settlements.ts';

export interface ClaimWaiter extends Component {
  /**
   * Waits until this attempt of the claim is decided.
   *
   * @returns the claim once it is, undefined when it was not within `ms` or `signal` was aborted
   */
  wait(pending: Claim, ms: number, signal: AbortSignal): Promise<Claim | undefined>;
  /** Says that these claims have changed; those that nobody waits for are nothing to it. */
  notice: (claimIds: readonly string[]) => void;
  /** Says how these claims were settled, which spares reading them. */
  settle: (settled: readonly Settlement[], completedAt: Date) => void;
  stop(): Promise<void>;
}

export interface ClaimWaiterOptions {
  /** @returns those of the claims that are there, by id */
  read: (claimIds: readonly string[]) => Promise<ReadonlyMap<string, Claim>>;
  logger: Logger;
  /** How often to look without having heard anything, in milliseconds. */
  everyMs?: number;
}

interface Waiter {
  pending: Claim;
  resolve: (claim: Claim | undefined) => void;
}

/**
 * Waits for claims on behalf of requests. However many wait, one read is under way at a time, for all that were
 * noticed meanwhile; notices may be lost, so it also looks by itself.
 */
export function createClaimWaiter({ read, logger, everyMs = 250 }: ClaimWaiterOptions): ClaimWaiter {
  const waiting = new Map<string, Set<Waiter>>();
  let toRead = new Set<string>();
  let reading: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function lookAt(claimIds: Iterable<string>): Promise<void> {
    for (const id of claimIds) if (waiting.has(id)) toRead.add(id);
    if (toRead.size === 0) return Promise.resolve();
    reading ??= readAll();
    return reading;
  }

  async function readAll(): Promise<void> {
    try {
      while (toRead.size > 0) {
        const ids = [...toRead];
        toRead = new Set();
        const found = await read(ids);
        for (const claim of found.values()) resolveDecided(claim);
      }
    } catch (error) {
      logger.warn('Claims that are waited for could not be read', { error });
    } finally {
      reading = undefined;
    }
  }

  function resolveDecided(claim: Claim): void {
    for (const waiter of waiting.get(claim.id) ?? []) {
      // With another grant id, this attempt was refused and the claim tried again since.
      if (claim.status !== 'pending' || claim.grantId !== waiter.pending.grantId) waiter.resolve(claim);
    }
  }

  function add(id: string, waiter: Waiter): void {
    const others = waiting.get(id);
    if (others) others.add(waiter);
    else waiting.set(id, new Set([waiter]));
    timer ??= setInterval(() => void lookAt(waiting.keys()), everyMs);
  }

  function remove(id: string, waiter: Waiter): void {
    const all = waiting.get(id);
    all?.delete(waiter);
    if (all?.size === 0) waiting.delete(id);
    if (waiting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    name: 'claim waiter',
    notice: (claimIds) => {
      if (claimIds.some((id) => waiting.has(id))) void lookAt(claimIds);
    },
    settle: (settled, completedAt) => {
      for (const settlement of settled) {
        for (const { pending, resolve } of waiting.get(settlement.claimId) ?? []) {
          if (pending.grantId === settlement.grantId) resolve(settledClaim(pending, settlement, completedAt));
        }
      }
    },
    wait: async (pending, ms, signal) => {
      const { id } = pending;
      if (stopped || signal.aborted || ms <= 0) return undefined;
      const { promise, resolve } = Promise.withResolvers<Claim | undefined>();
      const waiter = { pending, resolve };
      const giveUp = (): void => resolve(undefined);
      // Once more at the end, so that what was decided while nobody looked is not answered as pending.
      const timeout = setTimeout(() => void lookAt([id]).then(giveUp), ms);
      signal.addEventListener('abort', giveUp);
      add(id, waiter);
      try {
        return await promise;
      } finally {
        clearTimeout(timeout);
        signal.removeEventListener('abort', giveUp);
        remove(id, waiter);
      }
    },
    // Waiting requests get the claim as it is, because the code that would settle it stops too.
    stop: async () => {
      stopped = true;
      await lookAt(waiting.keys());
      for (const waiters of waiting.values()) for (const waiter of waiters) waiter.resolve(undefined);
    },
  };
}
