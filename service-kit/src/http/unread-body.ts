import type { IncomingMessage, ServerResponse } from 'node:http';

// Smaller rests are read and dropped by Node after the answer, which costs less than a new connection.
const SMALL = 65_536;
// As nginx lingers: this long after the last byte, this long in all, and no more than this much.
const IDLE_MS = 1_000;
const LINGER_MS = 5_000;
const LINGER_BYTES = 16 * 1_048_576;

/**
 * True when so much of the body has not been read that the connection is not worth keeping, or when nobody can
 * say whether the body will come at all.
 */
export function hasOpenBody(request: IncomingMessage): boolean {
  if (request.complete) return false;
  if (request.headers.expect !== undefined) return true;
  if (request.headers['transfer-encoding'] !== undefined) return true;
  return Number(request.headers['content-length'] ?? 0) > SMALL;
}

/**
 * Ends an answer that was given before the body had been read. Closing at once would make the system send a
 * reset, which can destroy the answer on its way to a client that is still sending. So the connection stays open
 * for a moment, and what comes is thrown away, until the client has finished or gone, or has had its chance.
 *
 * The answer must carry its length and `connection: close`, so that the client knows it is complete.
 */
export function endAfterLingering(request: IncomingMessage, response: ServerResponse): void {
  let dropped = 0;
  const end = (): void => {
    clearTimeout(idle);
    clearTimeout(limit);
    request.off('data', drop).off('end', end).off('close', end);
    response.end();
  };
  const drop = (chunk: Buffer): void => {
    idle.refresh();
    dropped += chunk.length;
    if (dropped > LINGER_BYTES) end();
  };
  const idle = setTimeout(end, IDLE_MS);
  const limit = setTimeout(end, LINGER_MS);
  request.on('data', drop).once('end', end).once('close', end);
  request.resume();
}
