import { ConfigError } from '../config/index.ts';
import type { Logger } from '../logging/index.ts';
import { StoppedError, type Lifecycle } from './lifecycle.ts';

export interface Service {
  logger: Logger;
  lifecycle: Lifecycle;
}

/** Exit code for an invalid configuration. Source: `sysexits.h`. */
export const EX_CONFIG = 78;

const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs a service as this process: builds it, starts it, and stops it at SIGTERM or SIGINT.
 *
 * Exit codes:
 * - 0 stopped;
 * - 78 invalid configuration; all problems are on standard error, or in the log when only the start finds them;
 * - 1 not started, not stopped in time, or crashed;
 * - 128 + n ended at once by a second signal.
 *
 * After a crash, running requests are finished first, as at a stop. A second crash ends the process at once.
 *
 * @param name of the service, for messages before there is a logger
 * @param build reads the environment and wires the service; it opens nothing
 */
export function runService(name: string, build: () => Service | Promise<Service>): void {
  void run(name, build);
}

async function run(name: string, build: () => Service | Promise<Service>): Promise<void> {
  let service: Service;
  try {
    service = await build();
  } catch (error) {
    process.stderr.write(`${name} cannot start: ${reasonOf(error)}\n`);
    process.exit(error instanceof ConfigError ? EX_CONFIG : 1);
  }
  const { logger, lifecycle } = service;
  endOnSignals(service);
  endOnCrash(service);
  try {
    await lifecycle.start();
    logger.info('Started');
  } catch (error) {
    if (error instanceof StoppedError) return; // The handler of the signal ends the process.
    logger.error('Not started', { error });
    process.exit(error instanceof ConfigError ? EX_CONFIG : 1);
  }
}

function endOnSignals({ logger, lifecycle }: Service): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) {
        logger.warn('Ended by a second signal', { signal });
        process.exit(SIGNAL_CODES[signal]);
      }
      stopping = true;
      logger.info('Stopping', { signal });
      lifecycle.stop().then(
        () => {
          logger.info('Stopped');
          process.exit(process.exitCode);
        },
        (error: unknown) => {
          logger.error('Not stopped in time', { error });
          process.exit(1);
        },
      );
    });
  }
}

/**
 * After an uncaught error the state of the process is unknown, so it ends and its supervisor starts another. It stops in
 * order, so that the error ends no other requests.
 */
function endOnCrash({ logger, lifecycle }: Service): void {
  let crashed = false;
  // Node also reports unhandled rejections here.
  process.on('uncaughtException', (thrown) => {
    logger.error('Crashed', { error: thrown });
    if (crashed) process.exit(1);
    crashed = true;
    process.exitCode = 1;
    const end = (): never => process.exit(1);
    lifecycle.stop().then(end, end);
  });
}

function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
