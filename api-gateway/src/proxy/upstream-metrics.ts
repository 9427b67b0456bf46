import { Gauge, type Registry } from '@prometheus-io/client';
import type { UpstreamService } from './upstream-service.ts';
import type { Upstream } from './upstream.ts';
import type { Upstreams } from './upstreams.ts';

/** What is known of every address of a service. */
export function observeUpstreams(registry: Registry, upstreams: Upstreams): void {
  const gauge = (
    name: string,
    help: string,
    valueOf: (upstream: Upstream) => number,
    // Of several workers.
    aggregator: 'sum' | 'min' | 'max',
  ): void => {
    const made = new Gauge({
      name,
      help,
      labelNames: ['service', 'upstream'],
      aggregator,
      registers: [registry],
      collect() {
        // Addresses come and go.
        made.reset();
        for (const [service, members] of upstreams.byService()) {
          for (const member of members) made.set({ service, upstream: member.label }, valueOf(member));
        }
      },
    });
  };
  gauge('gateway_upstream_requests', 'Requests and streams under way', ({ pending }) => pending, 'sum');
  gauge(
    'gateway_upstream_healthy',
    'Whether the health checks pass',
    ({ isHealthy }) => Number(isHealthy),
    'min',
  );
  gauge(
    'gateway_upstream_ejected',
    'Whether it is left out because requests failed',
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
