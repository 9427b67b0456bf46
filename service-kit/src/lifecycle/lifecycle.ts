import pTimeout from 'p-timeout';
import type { Logger } from '../logging/index.ts';

/** Something that is started and stopped with the service. */
export interface Component {
  name: string;
  /** Resolves when it is ready for use by what starts after it. */
  start?(): Promise<void>;
  /** Resolves when it has finished what it had begun; called only after a successful start. */
  stop?(): Promise<void>;
}

/** What a service is told about its state; the admin part's readiness is one. */
export interface ReadinessSwitch {
  open(): void;
  drain(): void;
}

export interface LifecycleOptions {
  logger: Logger;
  /** How long `stop` may take in all, in milliseconds. */
  shutdownTimeoutMs: number;
  /** In the order of starting; stopped in reverse, so a component may use what stands before it. */
  components: readonly Component[];
  /** Opened once everything has started, drained before anything stops. */
  readiness?: ReadinessSwitch;
}

export interface Lifecycle {
  /**
   * Starts the components one after the other.
   *
   * @throws what a component threw, after those already started have been stopped; `StoppedError` when `stop` was
   * called meanwhile
   */
  start(): Promise<void>;
  /**
   * Stops in reverse order; a component that fails to stop is logged and does not hold up the others. A second
   * call gives the same promise.
   *
   * @throws {ShutdownTimeoutError} when it takes longer than `shutdownTimeoutMs`
   */
  stop(): Promise<void>;
}

export class ShutdownTimeoutError extends Error {
  override readonly name = 'ShutdownTimeoutError';
}

/** The service was told to stop before it had started. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** Makes a start and a stop out of the components of a service. */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { logger, shutdownTimeoutMs, components, readiness } = options;
  const started: Component[] = [];
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const inTime = (work: Promise<void>): Promise<void> =>
    pTimeout(work, {
      milliseconds: shutdownTimeoutMs,
      fallback: () => {
        const names = started.map(({ name }) => name).join(', ') || 'the start';
        throw new ShutdownTimeoutError(`not stopped within ${shutdownTimeoutMs} ms: ${names}`);
      },
    });

  async function startAll(): Promise<void> {
    try {
      for (const component of components) {
        if (stopping) throw new StoppedError('stopped while starting');
        await component.start?.();
        started.push(component);
      }
    } catch (error) {
      // Otherwise stop() does it, which waits for this.
      if (!stopping) {
        await inTime(stopStarted(started, logger)).catch((timeout: unknown) => {
          logger.error('Could not stop in time', { error: timeout });
        });
      }
      throw error;
    }
    if (stopping) throw new StoppedError('stopped while starting');
    readiness?.open();
  }

  async function stopAll(): Promise<void> {
    await starting?.catch(() => undefined);
    await stopStarted(started, logger);
  }

  return {
    start: () => (starting ??= startAll()),
    stop: () => {
      if (!stopping) {
        readiness?.drain();
        stopping = inTime(stopAll());
      }
      return stopping;
    },
  };
}

async function stopStarted(started: Component[], logger: Logger): Promise<void> {
  for (let component = started.at(-1); component; component = started.at(-1)) {
    try {
      await component.stop?.();
    } catch (error) {
      logger.error('A component failed to stop', { component: component.name, error });
    }
    started.pop();
  }
}
