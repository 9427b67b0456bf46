import { Gauge, type Registry } from '@prometheus-io/client';
import type { UpstreamService } from './upstream-service.ts';
import type { Upstream } from './upstream.ts';
import type { Upstreams } from './upstreams.ts';

/** Gauges of every address and of the bulkheads of every service. */
export function observeUpstreams(registry: Registry, upstreams: Upstreams): void {
  const gauge = (
    name: string,
    help: string,
    valueOf: (upstream: Upstream) => number,
    // How the values of several workers are combined.
    aggregator: 'sum' | 'min' | 'max',
  ): void => {
    const made = new Gauge({
      name,
      help,
      labelNames: ['service', 'upstream'],
      aggregator,
      registers: [registry],
      collect() {
        // Removes addresses that are gone.
        made.reset();
        for (const [service, members] of upstreams.byService()) {
          for (const member of members) made.set({ service, upstream: member.label }, valueOf(member));
        }
      },
    });
  };
  gauge(
    'gateway_upstream_requests',
    'Requests and streams in work at an address',
    ({ pending }) => pending,
    'sum',
  );
  gauge(
    'gateway_upstream_healthy',
    '1 while the health checks of an address pass',
    ({ isHealthy }) => Number(isHealthy),
    'min',
  );
  gauge(
    'gateway_upstream_ejected',
    '1 while the circuit breaker of an address is not closed',
    ({ breaker }) => Number(!breaker.isClosed),
    'max',
  );
  for (const [name, help, valueOf] of BULKHEADS) {
    const made = new Gauge({
      name,
      help,
      labelNames: ['service'],
      aggregator: 'sum',
      registers: [registry],
      collect() {
        for (const [service, upstream] of upstreams.services()) made.set({ service }, valueOf(upstream));
      },
    });
  }
}

const BULKHEADS: readonly [string, string, (service: UpstreamService) => number][] = [
  ['gateway_bulkhead_inside', 'Requests that hold a place at a service', ({ requests }) => requests.inside],
  ['gateway_bulkhead_waiting', 'Requests that wait for a place', ({ requests }) => requests.waiting],
  ['gateway_bulkhead_streams', 'Streams that hold a place at a service', ({ streams }) => streams.inside],
];
