import cluster from 'node:cluster';
import { AggregatorRegistry } from '@prometheus-io/client';
import { isReady, type Readiness } from 'service-kit/admin';
import type { Service } from 'service-kit/lifecycle';
import { createLogger } from 'service-kit/logging';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { buildService, NAME } from '../service.ts';
import type { FromWorker } from './worker-pool.ts';

const fromPrimary = z.union([z.object({ stop: z.literal(true) }), z.object({ askReadiness: z.number() })]);

/** A gateway that shares its port with others, and leaves the admin port to the primary. */
export async function buildWorker(config: Config): Promise<Service> {
  const logger = createLogger({ service: NAME, level: config.logLevel }).child({
    worker: cluster.worker?.id,
  });
  const gateway = await buildService(config, { logger });
  const { lifecycle, readiness, metrics } = gateway;
  AggregatorRegistry.setRegistries(metrics);
  void new AggregatorRegistry(); // Making one answers the primary's questions from here on.

  process.on('message', (message: unknown) => {
    const asked = fromPrimary.safeParse(message);
    if (!asked.success) return;
    if ('stop' in asked.data) void lifecycle.stop().then(() => process.exit(0), endFailed);
    else void tellReadiness(asked.data.askReadiness, readiness);
  });
  return {
    logger,
    lifecycle: {
      ...lifecycle,
      start: async () => {
        await lifecycle.start();
        tell({ started: true });
      },
    },
  };
}

async function tellReadiness(question: number, readiness: Readiness): Promise<void> {
  const report = await readiness.report();
  const troubles = Object.entries(report.checks)
    .filter(([, { status }]) => status !== 'ok')
    .map(([name, { detail }]) => `${name}: ${detail ?? 'failed'}`);
  tell({ readiness: question, isReady: isReady(report), troubles });
}

function tell(message: FromWorker): void {
  process.send?.(message);
}

function endFailed(): void {
  process.exit(1);
}
