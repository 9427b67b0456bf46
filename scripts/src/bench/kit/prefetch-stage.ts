import { setTimeout as delay } from 'node:timers/promises';
import type { KitProcess } from './kit-process.ts';
import { KitStage } from './kit-stage.ts';

export type Prefetch = number | 'auto';

/** What the measured program calls its handlers. */
export type Handler = 'light' | 'waiting' | 'database';

/** What one consumer did for a while. */
export interface Observed {
  perSecond: number;
  /** From its delivery into the process until it was handled, of each message. */
  inHandMs: Float64Array;
  /** In force at the end. */
  prefetch: number;
}

export const FIXED: readonly number[] = [1, 10, 50, 100, 500];

/** `auto` looks every 10 s: when it has left its prefetch alone for so long, it has arrived. */
const SETTLED_AFTER_MS = 21_000;
const SETTLED_WITHIN_MS = 120_000;
/** What waits for a consumer that is fed while it runs. */
const FED_LEVEL = 20_000;

/** Consumers of one queue that run in turn, and a queue that always has something for them. */
export class PrefetchStage {
  readonly #stage: KitStage;
  readonly #program: KitProcess;
  readonly #feed: KitProcess;

  private constructor(stage: KitStage, program: KitProcess, feed: KitProcess) {
    this.#stage = stage;
    this.#program = program;
    this.#feed = feed;
  }

  static async start(): Promise<PrefetchStage> {
    const stage = await KitStage.start();
    return new PrefetchStage(stage, await stage.run('prefetch'), await stage.run('feed'));
  }

  add(name: string, handler: Handler, prefetch: Prefetch, batchSize = 200): Promise<void> {
    return this.#program.call('add', { name, handler, prefetch, batchSize });
  }

  /** How long the waiting handler waits from now on. */
  setWait(waitMs: number): Promise<void> {
    return this.#program.call('setWait', { waitMs });
  }

  async fill(level: number): Promise<void> {
    await this.#feed.call('fill', { level: Math.ceil(level) });
  }

  /** Runs a consumer for a while, on a queue that was filled before. */
  async measure(name: string, durationMs: number): Promise<Observed> {
    return await this.running(name, () => this.observe(name, durationMs));
  }

  /** Looks at a consumer that runs. */
  observe(name: string, durationMs: number): Promise<Observed> {
    return this.#program.call<Observed>('measure', { name, durationMs });
  }

  /** @throws when there was less to do than could be done */
  async mustNotBeEmpty(): Promise<void> {
    if ((await this.#feed.call<number>('waiting')) === 0) throw new Error('the queue ran empty');
  }

  async running<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    await this.#program.call('resume', { name });
    const result = await work();
    await this.#program.call('pause', { name });
    return result;
  }

  /** Keeps the queue full while `work` goes on, which takes its share of the machine. */
  async whileFed<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.fill(FED_LEVEL);
    const done = new AbortController();
    const feeding = this.#keepFull(done.signal);
    try {
      return await work();
    } finally {
      done.abort();
      await feeding;
    }
  }

  async #keepFull(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.fill(FED_LEVEL);
      await delay(50);
    }
  }

  /** Lets `auto` arrive where it wants to be. */
  async settle(name: string): Promise<void> {
    const startedAt = Date.now();
    let since = startedAt;
    let before: number | undefined;
    while (Date.now() - since < SETTLED_AFTER_MS) {
      if (Date.now() - startedAt > SETTLED_WITHIN_MS) throw new Error(`${name} does not come to rest`);
      const { prefetch } = await this.observe(name, 500);
      if (prefetch !== before) since = Date.now();
      before = prefetch;
    }
  }

  stop(): Promise<void> {
    return this.#stage.stop();
  }
}
