import type { IncomingMessage } from 'node:http';

// Node reads and drops up to this much after the answer, which costs less than a new connection.
const SMALL = 65_536;

/**
 * True when too much of the body is unread to keep the connection, or when it is unknown whether the body will come.
 */
export function hasOpenBody(request: IncomingMessage): boolean {
  if (request.complete) return false;
  if (request.headers.expect !== undefined) return true;
  if (request.headers['transfer-encoding'] !== undefined) return true;
  return Number(request.headers['content-length'] ?? 0) > SMALL;
}
