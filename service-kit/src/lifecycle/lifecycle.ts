import pTimeout from 'p-timeout';
import type { Logger } from '../logging/index.ts';

/** A part of a service that starts and stops with it. */
export interface Component {
  name: string;
  /** Resolves when the components after it can use it. */
  start?(): Promise<void>;
  /** Resolves when all begun work is finished. Called only after a successful start. */
  stop?(): Promise<void>;
}

/** Receives the state of the service. `Readiness` implements it. */
export interface ReadinessSwitch {
  open(): void;
  drain(): void;
}

export interface LifecycleOptions {
  logger: Logger;
  /** How long `stop` may take, in milliseconds. */
  shutdownTimeoutMs: number;
  /** In the order of starting. They stop in reverse, so a component may use those before it. */
  components: readonly Component[];
  /** Opened after all components have started, drained before any stops. */
  readiness?: ReadinessSwitch;
}

export interface Lifecycle {
  /**
   * Starts the components one after the other.
   *
   * @throws the error of a component, after the started ones have stopped; `StoppedError` when `stop` was called meanwhile
   */
  start(): Promise<void>;
  /**
   * Stops the components in reverse order. A component that fails to stop is logged, and the others stop all the same. A
   * second call returns the same promise.
   *
   * @throws {ShutdownTimeoutError} when it takes longer than `shutdownTimeoutMs`
   */
  stop(): Promise<void>;
}

export class ShutdownTimeoutError extends Error {
  override readonly name = 'ShutdownTimeoutError';
}

/** `stop` was called before the service had started. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** Starts and stops the components of a service in order. */
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
      // Otherwise stop() does it, after this has thrown.
      if (!stopping) {
        await inTime(stopStarted(started, logger)).catch((timeout: unknown) => {
          logger.error('Not stopped in time', { error: timeout });
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
      logger.error('Component failed to stop', { component: component.name, error });
    }
    started.pop();
  }
}
