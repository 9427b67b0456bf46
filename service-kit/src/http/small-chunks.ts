import type { IncomingMessage } from 'node:http';

const SMALL_BYTES = 1_024;
/** Once so many came in one turn of the event loop, the connection is not read again before the next turn. */
const MOST_IN_A_TURN = 1_000;

/**
 * Joins the small chunks of a body, so that what reads it does its work once for all that came in a turn of the event
 * loop. A body in chunks of one byte would cost that work for each byte, and hold everybody else up. The first small
 * chunk of a turn is passed on at once.
 */
export function joinSmallChunks(request: IncomingMessage): void {
  if (request.headers['transfer-encoding'] === undefined) return;
  const push = request.push.bind(request);
  let small: Buffer[] = [];
  let bytes = 0;
  let joins = false;

  function flush(): void {
    if (small.length === 0) return;
    const chunk = Buffer.concat(small, bytes);
    small = [];
    bytes = 0;
    push(chunk);
  }

  function endTurn(): void {
    joins = false;
    flush();
  }

  // The parser calls it for each chunk, and stops reading the connection where it answers false.
  request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (!(chunk instanceof Buffer) || chunk.length >= SMALL_BYTES) {
      flush();
      return push(chunk, encoding);
    }
    if (!joins) {
      joins = true;
      setImmediate(endTurn);
      return push(chunk);
    }
    small.push(chunk);
    bytes += chunk.length;
    // Once is enough, and it is not for free.
    return small.length !== MOST_IN_A_TURN && request.readableLength + bytes < request.readableHighWaterMark;
  };
}
