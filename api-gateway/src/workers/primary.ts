import { AggregatorRegistry, Counter, Gauge, Registry } from '@prometheus-io/client';
import { createAdminServer, createReadiness, type ReadinessCheck } from 'service-kit/admin';
import { createLifecycle, type Service } from 'service-kit/lifecycle';
import { createLogger } from 'service-kit/logging';
import type { Config } from '../config.ts';
import { createMessageContracts } from '../publish/message-contracts.ts';
import { loadRoutes, NAME } from '../service.ts';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';

// A worker ends itself at its own time-out. The primary kills it only after that.
const MARGIN_MS = 1_000;

/** The primary process: it starts the workers and has the admin server for all of them. It serves no clients. */
export async function buildPrimary(config: Config): Promise<Service> {
  const { workers: count, logLevel } = config;
  const logger = createLogger({ service: NAME, level: logLevel });
  // Reports problems of the routing table once, before there are workers.
  await loadRoutes(config, createMessageContracts(), logger);
  const stopWithinMs = config.shutdownTimeoutMs + MARGIN_MS;
  const workers = createWorkerPool({ count, stopWithinMs, logger });
  const readiness = createReadiness({ workers: workersCheck(workers) });
  const admin = createAdminServer({ ...config.admin, readiness, metrics: metricsOf(workers), logger });
  const shutdownTimeoutMs = stopWithinMs + MARGIN_MS;
  const components = [admin, workers];
  return { logger, lifecycle: createLifecycle({ logger, shutdownTimeoutMs, readiness, components }) };
}

/** Ready while one worker is ready. Degraded while any check of a worker fails. */
function workersCheck(workers: WorkerPool): ReadinessCheck {
  return async () => {
    const states = await workers.states();
    const ready = states.filter(({ isReady }) => isReady).length;
    const troubles = [...new Set(states.flatMap(({ troubles }) => troubles))];
    if (ready < states.length) troubles.unshift(`${ready} of ${states.length} are ready`);
    if (ready === 0) throw new Error(troubles.join('; '));
    return troubles.length === 0 ? undefined : { degraded: troubles.join('; ') };
  };
}

/** The combined metrics of all workers and of the primary. */
class WorkersRegistry extends AggregatorRegistry<typeof Registry.PROMETHEUS_CONTENT_TYPE> {
  override metrics(): Promise<string> {
    return this.clusterMetrics();
  }
}

function metricsOf(workers: WorkerPool): Registry {
  const own = new Registry();
  const ready = new Gauge({
    name: 'gateway_workers_ready',
    help: 'Workers that are ready',
    registers: [own],
    collect: async () => {
      ready.set((await workers.states()).filter(({ isReady }) => isReady).length);
    },
  });
  const restarts = new Counter({
    name: 'gateway_worker_restarts_total',
    help: 'Workers that died and were replaced',
    registers: [own],
    collect: () => {
      restarts.reset();
      restarts.inc(workers.restarts());
    },
  });
  AggregatorRegistry.setRegistries(own);
  return new WorkersRegistry();
}
