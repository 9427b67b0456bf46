import { connect, createServer } from 'node:net';
import { randomInt } from 'node:crypto';

// Below the range of ports for outgoing connections: a server that is killed and started again
// must find its port free. Random, because several processes choose at the same time.
const FIRST = 15_000;
const LAST = 31_999;
const ATTEMPTS = 200;

const handedOut = new Set<number>();

export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether a server listens there. Unlike {@link isPortFree} it never takes the port, which a starting server needs. */
export function acceptsConnections(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port on loopback that is free now and that this process has not returned before. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST, LAST + 1);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`No free port was found between ${FIRST} and ${LAST}.`);
}

/** The port that was used before when it is free, otherwise another one. */
export async function portAgain(previous: number | undefined): Promise<number> {
  return previous !== undefined && (await isPortFree(previous)) ? previous : freePort();
}
