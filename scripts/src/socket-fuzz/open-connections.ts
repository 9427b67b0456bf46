import { readFile } from 'node:fs/promises';

/** Of the connections to a port, on its server's side. */
export interface OpenConnections {
  established: number;
  /** The client has closed its half, and the server has not noticed. */
  halfClosed: number;
}

const ESTABLISHED = '01';
const CLOSE_WAIT = '08';

/** Counts the connections to ports of this machine; undefined where the system does not say. */
export async function countConnections(
  ports: readonly number[],
): Promise<Map<number, OpenConnections> | undefined> {
  const text = await readFile('/proc/net/tcp', 'utf8').catch(() => undefined);
  return text === undefined ? undefined : connectionsIn(text, ports);
}

/** @param text as Linux writes `/proc/net/tcp`: the second column is the own address, the fourth the state */
export function connectionsIn(text: string, ports: readonly number[]): Map<number, OpenConnections> {
  const counts = new Map(ports.map((port) => [port, { established: 0, halfClosed: 0 }]));
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', , state = ''] = line.trim().split(/\s+/);
    const count = counts.get(Number.parseInt(local.split(':')[1] ?? '', 16));
    if (count && state === ESTABLISHED) count.established += 1;
    if (count && state === CLOSE_WAIT) count.halfClosed += 1;
  }
  return counts;
}
