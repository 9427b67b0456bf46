/** Something that needs a place, and may have to wait for it. */
export interface Entrant {
  /** The client that causes it: the network of its address. */
  readonly client: string;
  onAdmitted(): void;
  onRejected(): void;
}

export interface BulkheadOptions {
  /** Places: how many may be inside at a time. */
  limit: number;
  /** How many more may wait, and for how long, in milliseconds. */
  queueLimit: number;
  queueMs: number;
  /** The part of places and queue that one client may take, above 0 and up to 1. */
  share: number;
}

interface Client {
  inside: number;
  /** In the order in which they came; each with the timer that ends its waiting. */
  readonly waiting: Map<Entrant, NodeJS.Timeout>;
}

// A share of few places would be too few for the players behind one address.
const LEAST_SHARE = 16;

/**
 * Bounds what one service may take of the gateway, and one client of a service: when a service is slow, its own requests
 * wait and are rejected, and those of other services are not touched. Clients that wait take turns, so that one which sends
 * much holds up itself alone. (cockatiel's has neither a time limit for waiting nor a way to leave the queue.)
 */
export class Bulkhead {
  readonly #options: BulkheadOptions;
  readonly #clients = new Map<string, Client>();
  /** The clients that wait. The one whose turn is next comes first. */
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

  /** Calls one of the entrant's two methods, now or later, unless it leaves before. */
  enter(entrant: Entrant): void {
    const { limit, queueLimit, queueMs } = this.#options;
    const client = this.#clientOf(entrant);
    if (this.#inside < limit && client.inside < this.#placesPerClient) {
      this.#admit(client, entrant);
    } else if (this.#waiting < queueLimit && client.waiting.size < this.#placesPerClient) {
      client.waiting.set(entrant, setTimeout(reject, queueMs, this, entrant));
      this.#waiting += 1;
      this.#turns.add(client);
    } else {
      this.#forgetIfGone(entrant.client, client);
      entrant.onRejected();
    }
  }

  /** To be called once by each entrant that was admitted or is still waiting. */
  leave(entrant: Entrant): void {
    const client = this.#clientOf(entrant);
    if (!this.#stopWaiting(client, entrant)) {
      client.inside -= 1;
      this.#inside -= 1;
      this.#admitNext();
    }
    this.#forgetIfGone(entrant.client, client);
  }

  /** The time to wait is over. */
  reject(entrant: Entrant): void {
    const client = this.#clientOf(entrant);
    this.#stopWaiting(client, entrant);
    this.#forgetIfGone(entrant.client, client);
    entrant.onRejected();
  }

  #clientOf({ client: name }: Entrant): Client {
    let client = this.#clients.get(name);
    if (!client) {
      client = { inside: 0, waiting: new Map() };
      this.#clients.set(name, client);
    }
    return client;
  }

  #admit(client: Client, entrant: Entrant): void {
    client.inside += 1;
    this.#inside += 1;
    entrant.onAdmitted();
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

  /** @returns false: it did not wait */
  #stopWaiting(client: Client, entrant: Entrant): boolean {
    const timer = client.waiting.get(entrant);
    if (!timer) return false;
    clearTimeout(timer);
    client.waiting.delete(entrant);
    this.#waiting -= 1;
    if (client.waiting.size === 0) this.#turns.delete(client);
    return true;
  }

  #forgetIfGone(name: string, client: Client): void {
    if (client.inside === 0 && client.waiting.size === 0) this.#clients.delete(name);
  }
}

function reject(bulkhead: Bulkhead, entrant: Entrant): void {
  bulkhead.reject(entrant);
}
