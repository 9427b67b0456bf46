import { DomainError } from 'service-kit/http';

export interface BoundedWorkOptions {
  /** Pieces of work done at the same time. */
  concurrency: number;
  /** Pieces of work that may wait; more are refused. */
  queueLimit: number;
  /** Called for each refusal. */
  onRefused?: () => void;
}

/** @throws {DomainError} `service_unavailable` when too many wait already */
export type BoundedWork = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Does dear work a few pieces at a time, in the order in which they came. The queue is bounded: a quick refusal is
 * better than answers that come too late for everybody.
 */
export function createBoundedWork(options: BoundedWorkOptions): BoundedWork {
  const { concurrency, queueLimit, onRefused } = options;
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (work) => {
    if (running < concurrency) running += 1;
    else if (waiting.length < queueLimit) await new Promise<void>((resolve) => waiting.push(resolve));
    else {
      onRefused?.();
      throw tooManyPasswords();
    }
    try {
      return await work();
    } finally {
      // The place goes to the next in the queue, if there is one.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

export function tooManyPasswords(): DomainError {
  return new DomainError(
    'service_unavailable',
    'Too many passwords are being checked; try again in a moment',
    {
      headers: { 'retry-after': '1' },
    },
  );
}
