const FAILURES_IN_A_ROW = 5;
const FIRST_BREAK_MS = 1_000;
const LONGEST_BREAK_MS = 15_000;

/**
 * The circuit breaker of one address. Closed: requests pass, and five failures in a row open it. Open: no requests for a
 * second. Half open: one request is the trial. Its success closes the breaker, its failure opens it for twice as long.
 *
 * No library: a request here is undici's handler, which reports its outcome by callbacks, and libraries want a promise
 * of each request. `by` identifies the request that makes the call.
 */
export class Breaker {
  #failures = 0;
  /** 0 while closed. */
  #breakMs = 0;
  #openUntil = 0;
  #trial: object | undefined;

  get isClosed(): boolean {
    return this.#breakMs === 0;
  }

  /** Makes the request the trial, if the break is over and there is no other trial. */
  tryWith(by: object): boolean {
    if (this.isClosed || this.#trial || performance.now() < this.#openUntil) return false;
    this.#trial = by;
    return true;
  }

  succeeded(by: object): void {
    if (this.#trial === by) {
      this.#trial = undefined;
      this.#breakMs = 0;
    }
    if (this.isClosed) this.#failures = 0;
  }

  failed(by: object): void {
    if (this.#trial === by) {
      this.#trial = undefined;
      this.#open(Math.min(this.#breakMs * 2, LONGEST_BREAK_MS));
    } else if (this.isClosed) {
      this.#failures += 1;
      if (this.#failures === FAILURES_IN_A_ROW) this.#open(FIRST_BREAK_MS);
    }
  }

  /**
   * The request ended without an outcome. For a trial that counts as a failure, because it must not block other
   * trials for ever.
   */
  left(by: object): void {
    if (this.#trial === by) this.failed(by);
  }

  #open(breakMs: number): void {
    this.#breakMs = breakMs;
    this.#openUntil = performance.now() + breakMs;
  }
}
