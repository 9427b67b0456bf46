import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';

/** How many connections and requests a server has now. */
export interface ServerLoad {
  connections: number;
  /** Requests in work. */
  active: number;
  /** Requests that wait for the answer before theirs on the same connection. */
  waiting: number;
}

export interface ServerMetrics {
  /** @param reason a fixed text, never one of a client's */
  connectionEnded(reason: string): void;
  /** @param requests that a connection had when it closed */
  connectionClosed(requests: number): void;
}

const REQUESTS_PER_CONNECTION = [0, 1, 2, 5, 10, 50, 100, 500, 1_000, 10_000];

/**
 * Metrics of the HTTP servers of a process, told apart by the label `server`.
 *
 * @param load asked whenever the metrics are read
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

/** The public and the admin port of a process share a registry, which takes each name once. */
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
  gauge('http_connections', 'Client connections that are open', ({ connections }) => connections);
  gauge('http_requests_active', 'Requests in work', ({ active }) => active);
  gauge(
    'http_requests_waiting',
    'Requests that wait for the answer before theirs on the same connection',
    ({ waiting }) => waiting,
  );
  const ended = new Counter({
    name: 'http_connection_errors_total',
    help: 'Connections that the server ended because of an error, by reason; `exception` is a fault of the service',
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
