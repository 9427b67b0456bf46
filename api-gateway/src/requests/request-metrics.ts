import { Counter, Histogram, type Registry } from '@prometheus-io/client';
import { FORWARDED_METHODS } from '../routing/route.ts';

/** Rate, errors and durations by route. */
export interface RequestMetrics {
  /** @param seconds from the request's head to the end of its answer */
  observe(route: string, method: string, status: number, seconds: number): void;
  /** Counts a problem that the gateway answered with. */
  refused(route: string, code: string): void;
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createRequestMetrics(registry: Registry): RequestMetrics {
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  });
  const problems = new Counter({
    name: 'gateway_problems_total',
    help: 'Requests that the gateway itself answered with a problem',
    labelNames: ['route', 'code'],
    registers: [registry],
  });
  return {
    observe: (route, method, status, seconds) => {
      // Only known methods become labels. Otherwise a client could create any number of series.
      const known = FORWARDED_METHODS.has(method) ? method : 'other';
      durations.observe({ method: known, route, status }, seconds);
    },
    refused: (route, code) => problems.inc({ route, code }),
  };
}
