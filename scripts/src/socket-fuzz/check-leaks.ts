import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '../repository/packages.ts';
import { exceptionsCounted, gaugesAbove, MEMORY, MEMORY_GROWTH, type Samples } from './gauges.ts';
import { countConnections } from './open-connections.ts';
import { type FuzzStage, readMetrics } from './set-stage.ts';

/** Memory and open files of a process, before and after the run. */
export interface Holding {
  service: ServiceName;
  memory: { start: number; end: number };
  fds: { start: number; end: number };
}

export interface Leaks {
  /** Gauges that did not come back. */
  gauges: string[];
  /** Connections that no client uses any more. */
  connections: string[];
  /** Memory that did not come back. */
  memory: string[];
  /** Exceptions that a guard has counted. */
  exceptions: string[];
  holdings: Holding[];
}

// Longer than idle connections are kept between gateway and services.
const WITHIN_MS = 60_000;
const EVERY_MS = 500;
const FDS = 'process_open_fds';

/** Waits until every gauge is back and no connection is left, or for a minute. */
export async function checkLeaks(stage: FuzzStage, start: ReadonlyMap<ServiceName, Samples>): Promise<Leaks> {
  const limit = performance.now() + WITHIN_MS;
  for (;;) {
    const leaks = await lookForLeaks(stage, start);
    const isBack = [leaks.gauges, leaks.connections].every((problems) => problems.length === 0);
    if (isBack || performance.now() > limit) return leaks;
    await delay(EVERY_MS);
  }
}

async function lookForLeaks(stage: FuzzStage, start: ReadonlyMap<ServiceName, Samples>): Promise<Leaks> {
  const now = await readMetrics(stage);
  const leaks: Leaks = {
    gauges: [],
    connections: await connectionsLeft(stage),
    memory: [],
    exceptions: [],
    holdings: [],
  };
  for (const [service, samples] of now) {
    const before = start.get(service) ?? new Map();
    leaks.gauges.push(...gaugesAbove(service, before, samples));
    leaks.exceptions.push(...exceptionsCounted(service, before, samples));
    const memory = { start: one(before, MEMORY), end: one(samples, MEMORY) };
    if (memory.end - memory.start > MEMORY_GROWTH) {
      leaks.memory.push(`${service}: resident memory has grown from ${memory.start} to ${memory.end} bytes`);
    }
    leaks.holdings.push({ service, memory, fds: { start: one(before, FDS), end: one(samples, FDS) } });
  }
  return leaks;
}

const one = (samples: Samples, metric: string): number =>
  [...(samples.get(metric)?.values() ?? [])].reduce((sum, value) => sum + value, 0);

/** By now only the gateway may hold connections, and only to the services. */
async function connectionsLeft({ ports }: FuzzStage): Promise<string[]> {
  const counts = await countConnections([...ports.values()]);
  const left: string[] = [];
  for (const [target, port] of ports) {
    const { established, halfClosed } = counts?.get(port) ?? { established: 0, halfClosed: 0 };
    const isForwardedTo = target === 'auth-service' || target === 'game-event-service';
    if (established > 0 && !isForwardedTo) left.push(`${target}: ${established} connections are open`);
    if (halfClosed > 0)
      left.push(`${target}: ${halfClosed} connections are open that their clients have closed`);
  }
  return left;
}
