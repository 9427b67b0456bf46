import type { IncomingMessage } from 'node:http';

// Smaller rests are read and dropped by Node after the answer, which costs less than a new connection.
const SMALL = 65_536;

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
