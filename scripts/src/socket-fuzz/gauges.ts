import type { ServiceName } from '../repository/packages.ts';

/** A gauge of something that a client can hold, and its value once all clients have gone. */
export interface WatchedGauge {
  metric: string;
  /** The services that have it; all of them if left out. A process without the gauge passes. */
  of?: readonly ServiceName[];
  /** The highest allowed value: a number, or a distance above the value at the start. */
  atMost: number | { aboveStart: number };
}

/** A new gauge of something that a client can hold needs a line here and nothing else. */
export const WATCHED_GAUGES: readonly WatchedGauge[] = [
  { metric: 'gateway_upstream_requests', of: ['api-gateway'], atMost: 0 },
  { metric: 'gateway_streams', of: ['api-gateway'], atMost: 0 },
  { metric: 'messages_unconfirmed', atMost: 0 },
  { metric: 'outbox_rows', atMost: 0 },
  { metric: 'gateway_bulkhead_inside', of: ['api-gateway'], atMost: 0 },
  { metric: 'gateway_bulkhead_waiting', of: ['api-gateway'], atMost: 0 },
  { metric: 'gateway_bulkhead_streams', of: ['api-gateway'], atMost: 0 },
  // The request for the metrics counts itself, its connection, and the connection of health checks.
  { metric: 'http_requests_active', atMost: 1 },
  { metric: 'http_requests_waiting', atMost: 0 },
  { metric: 'http_connections', of: ['api-gateway'], atMost: 2 },
  // Pools keep connections to stores and services open for a while.
  { metric: 'process_open_fds', atMost: { aboveStart: 64 } },
];

/** Counters of exceptions that a guard caught: each is a fault, although it harmed only its connection. */
export const EXCEPTION_COUNTERS: readonly { metric: string; labels: RegExp }[] = [
  { metric: 'http_connection_errors_total', labels: /reason="exception"/ },
];

/** Resident memory may grow by this much, in bytes. */
export const MEMORY_GROWTH = 400 * 1_048_576;
export const MEMORY = 'process_resident_memory_bytes';

/** The samples of a metric, by their labels. */
export type Samples = ReadonlyMap<string, ReadonlyMap<string, number>>;

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)/;

/** Reads the Prometheus text format. */
export function samplesIn(text: string): Samples {
  const samples = new Map<string, Map<string, number>>();
  for (const line of text.split('\n')) {
    const [, metric, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (metric === undefined) continue;
    const ofMetric = samples.get(metric) ?? new Map<string, number>();
    samples.set(metric, ofMetric.set(labels, Number(value)));
  }
  return samples;
}

/** @returns a line for each gauge that is too high. */
export function gaugesAbove(service: ServiceName, start: Samples, now: Samples): string[] {
  const watched = WATCHED_GAUGES.filter(({ of }) => of?.includes(service) ?? true);
  return watched.flatMap(({ metric, atMost }) =>
    [...(now.get(metric) ?? [])].flatMap(([labels, value]) => {
      const before = start.get(metric)?.get(labels) ?? 0;
      const most = typeof atMost === 'number' ? atMost : before + atMost.aboveStart;
      const name = labels === '' ? metric : `${metric}{${labels}}`;
      return value <= most ? [] : [`${service}: ${name} is ${value}, and was ${before} at the start`];
    }),
  );
}

/** @returns a line for each counter of exceptions that has grown. */
export function exceptionsCounted(service: ServiceName, start: Samples, now: Samples): string[] {
  return EXCEPTION_COUNTERS.flatMap(({ metric, labels: wanted }) =>
    [...(now.get(metric) ?? [])].flatMap(([labels, value]) => {
      const grown = value - (start.get(metric)?.get(labels) ?? 0);
      return grown > 0 && wanted.test(labels)
        ? [`${service}: ${metric}{${labels}} has grown by ${grown}`]
        : [];
    }),
  );
}
