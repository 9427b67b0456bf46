import {
  Counter,
  Gauge,
  Histogram,
  type CounterConfiguration,
  type GaugeConfiguration,
  type HistogramConfiguration,
  type Registry,
} from '@prometheus-io/client';

// A registry refuses a second metric of the same name, but several queues or groups share one metric with a label. So each
// function makes the metric the first time, and finds it afterwards.

export function counterOf<Label extends string>(
  registry: Registry | undefined,
  configuration: CounterConfiguration<Label>,
): Counter<Label> | undefined {
  const known = registry?.getSingleMetric<Label>(configuration.name);
  if (known instanceof Counter) return known;
  return registry && new Counter({ ...configuration, registers: [registry] });
}

export function gaugeOf<Label extends string>(
  registry: Registry | undefined,
  configuration: GaugeConfiguration<Label>,
): Gauge<Label> | undefined {
  const known = registry?.getSingleMetric<Label>(configuration.name);
  if (known instanceof Gauge) return known;
  return registry && new Gauge({ ...configuration, registers: [registry] });
}

export function histogramOf<Label extends string>(
  registry: Registry | undefined,
  configuration: HistogramConfiguration<Label>,
): Histogram<Label> | undefined {
  const known = registry?.getSingleMetric<Label>(configuration.name);
  if (known instanceof Histogram) return known;
  return registry && new Histogram({ ...configuration, registers: [registry] });
}
