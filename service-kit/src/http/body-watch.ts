import type { IncomingMessage } from 'node:http';

export interface BodyWatch {
  /** How often to check each request with an unfinished body, in milliseconds. */
  everyMs: number;
  /** Whether the client of this request sends too slowly. */
  isLate(request: IncomingMessage): boolean;
}

export interface BodyWatchOptions {
  /** Maximum time without a byte, in milliseconds. */
  idleMs: number;
  /** Time after which a body must have come with at least 1 KiB a second, in milliseconds. */
  withinMs: number;
}

interface Progress {
  /** Bytes of the connection at the first check … */
  from: number;
  /** … and at the last check. */
  to: number;
  waitedMs: number;
  idleMs: number;
}

const LONGEST_EVERY_MS = 5_000;
const LEAST_BYTES_PER_SECOND = 1_024;

/**
 * Distinguishes slow clients from clients that only hold a connection. A body may take any time while it keeps coming: it
 * is late after `idleMs` without a byte, or after `withinMs` at less than 1 KiB a second. Only time in which the server
 * waits for the client counts: while the handler has not read the received bytes, the client's speed is unknown. Time is
 * counted by checks, so that a process that was suspended has not waited.
 */
export function createBodyWatch({ idleMs, withinMs }: BodyWatchOptions): BodyWatch {
  const everyMs = Math.min(idleMs / 4, withinMs / 4, LONGEST_EVERY_MS);
  const known = new WeakMap<IncomingMessage, Progress>();

  function isLate(request: IncomingMessage): boolean {
    const { bytesRead } = request.socket;
    const progress = known.get(request) ?? { from: bytesRead, to: bytesRead, waitedMs: 0, idleMs: 0 };
    known.set(request, progress);
    if (request.readableLength >= request.readableHighWaterMark) {
      progress.idleMs = 0;
      return false;
    }
    progress.waitedMs += everyMs;
    progress.idleMs = bytesRead > progress.to ? 0 : progress.idleMs + everyMs;
    progress.to = bytesRead;
    if (progress.idleMs > idleMs) return true;
    const bytesPerSecond = (progress.to - progress.from) / (progress.waitedMs / 1_000);
    return progress.waitedMs > withinMs && bytesPerSecond < LEAST_BYTES_PER_SECOND;
  }

  return { everyMs, isLate };
}
