import { collectDefaultMetrics, Registry } from '@prometheus-io/client';

/** The default, a hundred samples a second, is a third of the work of an idle gateway. */
const EVENT_LOOP_EVERY_MS = 50;

/** Makes a registry with the metrics of the process. Every metric has the name of the service as a label. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_EVERY_MS });
  return registry;
}
