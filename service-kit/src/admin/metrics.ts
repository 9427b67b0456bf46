import { collectDefaultMetrics, Registry } from '@prometheus-io/client';

/** Makes a registry with the process's own metrics in it; every metric carries the service's name. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}
