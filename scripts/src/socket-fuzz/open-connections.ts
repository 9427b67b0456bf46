import { readdir, readFile, readlink } from 'node:fs/promises';

/** Of the connections to a port, on its server's side. */
export interface OpenConnections {
  established: number;
  /** The client has closed its half, and the server has not noticed. */
  halfClosed: number;
}

const ESTABLISHED = '01';
const CLOSE_WAIT = '08';

/** Counts the connections of others to ports of this machine; undefined where the system does not say. */
export async function countConnections(
  ports: readonly number[],
): Promise<Map<number, OpenConnections> | undefined> {
  const text = await readFile('/proc/net/tcp', 'utf8').catch(() => undefined);
  return text === undefined ? undefined : connectionsIn(text, ports, await ownSockets());
}

/** The inodes of this process's sockets. */
async function ownSockets(): Promise<Set<string>> {
  const files = await readdir('/proc/self/fd');
  const links = await Promise.all(files.map((file) => readlink(`/proc/self/fd/${file}`).catch(() => '')));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/**
 * @param text as Linux writes `/proc/net/tcp`: own address, remote address, state and inode are its columns 2, 3, 4 and 10
 * @param own inodes of sockets whose connections do not count
 */
export function connectionsIn(
  text: string,
  ports: readonly number[],
  own: ReadonlySet<string> = new Set(),
): Map<number, OpenConnections> {
  const counts = new Map(ports.map((port) => [port, { established: 0, halfClosed: 0 }]));
  const rows = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const ownPorts = new Set(rows.filter((row) => own.has(row[9] ?? '')).map((row) => portOf(row[1])));
  for (const [, local, remote, state] of rows) {
    const count = counts.get(portOf(local));
    if (count === undefined || ownPorts.has(portOf(remote))) continue;
    if (state === ESTABLISHED) count.established += 1;
    if (state === CLOSE_WAIT) count.halfClosed += 1;
  }
  return counts;
}

const portOf = (address = ''): number => Number.parseInt(address.split(':')[1] ?? '', 16);
