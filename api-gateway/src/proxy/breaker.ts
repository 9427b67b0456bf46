import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  noJitterGenerator,
} from 'cockatiel';

const FAILURES_IN_A_ROW = 5;
const FIRST_BREAK_MS = 1_000;
const LONGEST_BREAK_MS = 15_000;

/**
 * Keeps requests from an address at which the last ones all failed: for a second at first, then for twice as long
 * each time that a single trial fails as well. Successes cost nothing while there is nothing to forgive.
 */
export class Breaker {
  readonly #policy = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(FAILURES_IN_A_ROW),
    halfOpenAfter: new ExponentialBackoff({
      generator: noJitterGenerator,
      initialDelay: FIRST_BREAK_MS,
      maxDelay: LONGEST_BREAK_MS,
    }),
  });
  #hasFailed = false;
  #trial: { by: object; outcome: PromiseWithResolvers<void> } | undefined;

  get isClosed(): boolean {
    return this.#policy.state === CircuitState.Closed;
  }

  /** Lets one request through where the break is over: its outcome decides. */
  tryWith(by: object): boolean {
    if (this.#policy.state !== CircuitState.Open) return false;
    const outcome = Promise.withResolvers<void>();
    // Called at once, unless the break is not over yet.
    this.#run(() => {
      this.#trial = { by, outcome };
      return outcome.promise;
    });
    return this.#trial?.outcome === outcome;
  }

  succeeded(by: object): void {
    if (this.#trial?.by === by) {
      this.#trial.outcome.resolve();
      this.#trial = undefined;
    } else if (this.#hasFailed && this.isClosed) {
      this.#hasFailed = false;
      this.#run(() => undefined);
    }
  }

  failed(by: object): void {
    if (this.#trial?.by === by) {
      this.#trial.outcome.reject(new Error('the trial failed'));
      this.#trial = undefined;
    } else if (this.isClosed) {
      this.#hasFailed = true;
      this.#run(() => {
        throw new Error('a request failed');
      });
    }
  }

  /** The request ended and nothing was learned of the address; a trial must not be waited for any longer. */
  left(by: object): void {
    if (this.#trial?.by === by) this.failed(by);
  }

  #run(attempt: () => Promise<void> | undefined): void {
    this.#policy.execute(attempt).catch(() => undefined);
  }
}
