/** A request that needs a place and may wait for one. */
export interface Waiter {
  /** The client: the network of its address. */
  readonly client: string;
  onAdmitted(): void;
  onRejected(): void;
}

export interface BulkheadOptions {
  /** Places: the number of requests inside at a time. */
  limit: number;
  /** The number of requests that may wait, and how long, in milliseconds. */
  queueLimit: number;
  queueMs: number;
  /** The share of places and of the queue that one client may take, above 0 and up to 1. */
  share: number;
}

interface Client {
  inside: number;
  /** In order of arrival, each with the timer that ends its wait. */
  readonly waiting: Map<Waiter, NodeJS.Timeout>;
}

// Several players may share one address, so a small share would be too small.
const LEAST_SHARE = 16;

/**
 * Limits the requests in work at one service, and those of one client at it. When a service is slow, its own
 * requests wait and are rejected, and requests to other services are not affected. Waiting clients take turns, so
 * a client with many requests delays only itself.
 *
 * p-queue has priorities but no turns by client.
 */
export class Bulkhead {
  readonly #options: BulkheadOptions;
  readonly #clients = new Map<string, Client>();
  /** The waiting clients, the next one first. */
  readonly #turns = new Set<Client>();
  readonly #placesPerClient: number;
  #inside = 0;
  #waiting = 0;

  constructor(options: BulkheadOptions) {
    this.#options = options;
    this.#placesPerClient = Math.max(Math.ceil(options.limit * options.share), LEAST_SHARE);
  }

  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Calls one of the waiter's two methods, now or later, unless the waiter leaves before. */
  enter(waiter: Waiter): void {
    const { limit, queueLimit, queueMs } = this.#options;
    const client = this.#clientOf(waiter);
    if (this.#inside < limit && client.inside < this.#placesPerClient) {
      this.#admit(client, waiter);
    } else if (this.#waiting < queueLimit && client.waiting.size < this.#placesPerClient) {
      client.waiting.set(waiter, setTimeout(reject, queueMs, this, waiter));
      this.#waiting += 1;
      this.#turns.add(client);
    } else {
      this.#forgetIfGone(waiter.client, client);
      waiter.onRejected();
    }
  }

  /** Each waiter that was admitted or still waits calls this once. */
  leave(waiter: Waiter): void {
    const client = this.#clientOf(waiter);
    if (!this.#stopWaiting(client, waiter)) {
      client.inside -= 1;
      this.#inside -= 1;
      this.#admitNext();
    }
    this.#forgetIfGone(waiter.client, client);
  }

  /** Ends the wait of a waiter without a place. */
  reject(waiter: Waiter): void {
    const client = this.#clientOf(waiter);
    this.#stopWaiting(client, waiter);
    this.#forgetIfGone(waiter.client, client);
    waiter.onRejected();
  }

  #clientOf({ client: name }: Waiter): Client {
    let client = this.#clients.get(name);
    if (!client) {
      client = { inside: 0, waiting: new Map() };
      this.#clients.set(name, client);
    }
    return client;
  }

  #admit(client: Client, waiter: Waiter): void {
    client.inside += 1;
    this.#inside += 1;
    waiter.onAdmitted();
  }

  #admitNext(): void {
    for (const client of this.#turns) {
      const [next] = client.waiting.keys();
      if (!next || client.inside >= this.#placesPerClient) continue;
      this.#turns.delete(client);
      this.#stopWaiting(client, next);
      if (client.waiting.size > 0) this.#turns.add(client);
      this.#admit(client, next);
      return;
    }
  }

  /** @returns false if it was not waiting */
  #stopWaiting(client: Client, waiter: Waiter): boolean {
    const timer = client.waiting.get(waiter);
    if (!timer) return false;
    clearTimeout(timer);
    client.waiting.delete(waiter);
    this.#waiting -= 1;
    if (client.waiting.size === 0) this.#turns.delete(client);
    return true;
  }

  #forgetIfGone(name: string, client: Client): void {
    if (client.inside === 0 && client.waiting.size === 0) this.#clients.delete(name);
  }
}

function reject(bulkhead: Bulkhead, waiter: Waiter): void {
  bulkhead.reject(waiter);
}
