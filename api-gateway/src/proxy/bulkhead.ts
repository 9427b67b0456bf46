/** Whoever wants to be let in, and may have to wait for it. */
export interface Guest {
  onAdmitted(): void;
  onTurnedAway(): void;
}

export interface BulkheadOptions {
  /** How many may be inside at a time. */
  limit: number;
  /** How many more may wait, and for how long, in milliseconds. */
  queueLimit: number;
  queueMs: number;
}

/**
 * Bounds what one service may take of the gateway: when it is slow, its own requests wait and are turned away, and
 * those of other services are not touched. (cockatiel's has neither a time for waiting nor a way to leave the queue.)
 */
export class Bulkhead {
  readonly #options: BulkheadOptions;
  /** In the order in which they came; each with the timer that ends its waiting. */
  readonly #waiting = new Map<Guest, NodeJS.Timeout>();
  #inside = 0;

  constructor(options: BulkheadOptions) {
    this.#options = options;
  }

  get inside(): number {
    return this.#inside;
  }

  /** Calls one of the guest's two methods, now or later, unless it leaves before. */
  enter(guest: Guest): void {
    if (this.#inside < this.#options.limit) {
      this.#inside += 1;
      guest.onAdmitted();
    } else if (this.#waiting.size < this.#options.queueLimit) {
      this.#waiting.set(guest, setTimeout(turnAway, this.#options.queueMs, this.#waiting, guest));
    } else {
      guest.onTurnedAway();
    }
  }

  /** To be called once by each guest that was let in or is still waiting. */
  leave(guest: Guest): void {
    const timer = this.#waiting.get(guest);
    if (timer) {
      clearTimeout(timer);
      this.#waiting.delete(guest);
      return;
    }
    const [next] = this.#waiting;
    if (!next) {
      this.#inside -= 1;
      return;
    }
    const [nextGuest, nextTimer] = next;
    clearTimeout(nextTimer);
    this.#waiting.delete(nextGuest);
    nextGuest.onAdmitted();
  }
}

function turnAway(waiting: Map<Guest, NodeJS.Timeout>, guest: Guest): void {
  waiting.delete(guest);
  guest.onTurnedAway();
}
