import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import { z } from 'zod';

// A pause, so that a worker that dies while it starts is not restarted in a loop.
const RESTART_AFTER_MS = 1_000;
const ANSWER_WITHIN_MS = 1_500;

/** The messages between the primary and its workers. */
export type ToWorker = { stop: true } | { askReadiness: number };
const fromWorker = z.union([
  z.object({ started: z.literal(true) }),
  z.object({ readiness: z.number(), isReady: z.boolean(), troubles: z.array(z.string()) }),
]);
export type FromWorker = z.infer<typeof fromWorker>;

/** The state of a worker, with its failing checks. */
export interface WorkerState {
  isReady: boolean;
  troubles: readonly string[];
}

/** Worker processes that share one port. A worker that dies is replaced. */
export interface WorkerPool extends Component {
  /** Asks all workers. A worker that is missing or does not answer is not ready. */
  states(): Promise<WorkerState[]>;
  restarts(): number;
}

export interface WorkerPoolDeps {
  count: number;
  /** Milliseconds for a stop. After that the remaining workers are killed. */
  stopWithinMs: number;
  logger: Logger;
}

export function createWorkerPool({ count, stopWithinMs, logger }: WorkerPoolDeps): WorkerPool {
  const places: (Worker | undefined)[] = Array.from({ length: count });
  const asked = new Map<number, (state: WorkerState) => void>();
  let questions = 0;
  let restarts = 0;
  let stopping = false;

  /** Resolves when the worker has started. */
  function fork(place: number): Promise<void> {
    const started = Promise.withResolvers<void>();
    const worker = cluster.fork();
    places[place] = worker;
    worker.on('message', (message: unknown) => {
      const parsed = fromWorker.safeParse(message);
      if (!parsed.success) return; // A message of the metrics library.
      if ('started' in parsed.data) {
        logger.info('Worker started', { worker: worker.id, ofPid: worker.process.pid });
        started.resolve();
      } else {
        asked.get(parsed.data.readiness)?.(parsed.data);
      }
    });
    worker.once('exit', (code, signal) => {
      places[place] = undefined;
      started.reject(new Error(`a worker ended with ${signal ?? code}`));
      if (!stopping) void replace(place, { worker: worker.id, code, signal });
    });
    return started.promise;
  }

  async function replace(place: number, died: object): Promise<void> {
    logger.error('Worker died, starting a new one', died);
    restarts += 1;
    await delay(RESTART_AFTER_MS);
    if (!stopping) await fork(place).catch(() => undefined);
  }

  async function stateOf(worker: Worker | undefined): Promise<WorkerState> {
    if (!worker?.isConnected()) return { isReady: false, troubles: [] };
    questions += 1;
    const question = questions;
    const answer = Promise.withResolvers<WorkerState>();
    asked.set(question, answer.resolve);
    const none = setTimeout(() => answer.resolve({ isReady: false, troubles: [] }), ANSWER_WITHIN_MS);
    worker.send({ askReadiness: question } satisfies ToWorker);
    const state = await answer.promise;
    clearTimeout(none);
    asked.delete(question);
    return state;
  }

  const reload = (): void => {
    for (const worker of places) worker?.process.kill('SIGHUP');
  };

  return {
    name: 'workers',
    states: () => Promise.all(places.map(stateOf)),
    restarts: () => restarts,
    start: async () => {
      process.on('SIGHUP', reload);
      await Promise.all(places.map((_, place) => fork(place)));
    },
    stop: async () => {
      stopping = true;
      process.off('SIGHUP', reload);
      await Promise.all(
        places.map(async (worker) => {
          if (!worker) return;
          const killing = setTimeout(() => worker.process.kill('SIGKILL'), stopWithinMs);
          // A message, not a signal: Ctrl-C at a terminal has already sent each worker one, and a second signal
          // ends it at once.
          if (worker.isConnected()) worker.send({ stop: true } satisfies ToWorker);
          await once(worker, 'exit');
          clearTimeout(killing);
        }),
      );
    },
  };
}
