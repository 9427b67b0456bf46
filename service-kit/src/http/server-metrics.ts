import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';

/** The current connections and requests of a server. */
export interface ServerLoad {
  connections: number;
  /** Running requests. */
  active: number;
  /** Pipelined requests that wait for an earlier answer on their connection. */
  waiting: number;
}

export interface ServerMetrics {
  /** @param reason a fixed text, never a client's */
  connectionEnded(reason: string): void;
  /** @param requests number of requests of the closed connection */
  connectionClosed(requests: number): void;
}

const REQUESTS_PER_CONNECTION = [0, 1, 2, 5, 10, 50, 100, 500, 1_000, 10_000];

/**
 * Metrics of the HTTP servers of a process, with the label `server`.
 *
 * @param load called when the metrics are read
 */
export function createServerMetrics(
  registry: Registry,
  server: string,
  load: () => ServerLoad,
): ServerMetrics {
  const shared = sharedMetrics(registry);
  shared.loads.set(server, load);
  return {
    connectionEnded: (reason) => shared.ended.inc({ server, reason }),
    connectionClosed: (requests) => shared.requests.observe({ server }, requests),
  };
}

interface SharedMetrics {
  loads: Map<string, () => ServerLoad>;
  ended: Counter<'server' | 'reason'>;
  requests: Histogram<'server'>;
}

/** The public and the admin port share a registry, which accepts each metric name once. */
const byRegistry = new WeakMap<Registry, SharedMetrics>();

function sharedMetrics(registry: Registry): SharedMetrics {
  const known = byRegistry.get(registry);
  if (known) return known;
  const registers = [registry];
  const loads = new Map<string, () => ServerLoad>();
  const gauge = (name: string, help: string, valueOf: (load: ServerLoad) => number): void => {
    const made = new Gauge({
      name,
      help,
      labelNames: ['server'],
      registers,
      collect() {
        for (const [server, load] of loads) made.set({ server }, valueOf(load()));
      },
    });
  };
  gauge('http_connections', 'Open client connections', ({ connections }) => connections);
  gauge('http_requests_active', 'Running requests', ({ active }) => active);
  gauge(
    'http_requests_waiting',
    'Pipelined requests that wait for an earlier answer on their connection',
    ({ waiting }) => waiting,
  );
  const ended = new Counter({
    name: 'http_connection_errors_total',
    help: 'Connections that the server ended because of an error, by reason. `exception` is a bug of the service',
    labelNames: ['server', 'reason'],
    registers,
  });
  const requests = new Histogram({
    name: 'http_connection_requests',
    help: 'Requests of a connection, observed when it closes',
    labelNames: ['server'],
    buckets: REQUESTS_PER_CONNECTION,
    registers,
  });
  const shared = { loads, ended, requests };
  byRegistry.set(registry, shared);
  return shared;
}
