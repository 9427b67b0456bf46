import type { IncomingMessage } from 'node:http';

export interface BodyWatch {
  /** How often to look at each request whose body is coming, in milliseconds. */
  everyMs: number;
  /** Whether its client keeps us waiting for more than it may. */
  isLate(request: IncomingMessage): boolean;
}

export interface BodyWatchOptions {
  /** How long the next byte may be in coming, in milliseconds. */
  idleMs: number;
  /** How long a body may take however slowly it comes, in milliseconds. */
  withinMs: number;
}

interface Progress {
  /** Bytes of the connection at the first look … */
  from: number;
  /** … and at the last one. */
  to: number;
  waitedMs: number;
  idleMs: number;
}

const LONGEST_EVERY_MS = 5_000;
const LEAST_BYTES_PER_SECOND = 1_024;

/**
 * Tells slow clients from those that only hold a connection. A body may be of any length and take any time as long as
 * it comes: not a byte for a while is too little, and so are single ones for more than a while. Only the time counts in
 * which we wait for the client: while a handler has not taken what has come, nobody can tell how fast the client is.
 * The time goes by looks, so that a process which stood still has not waited.
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
