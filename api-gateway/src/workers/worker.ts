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

/** Builds one of several gateways on one port. The primary has the admin server. */
export async function buildWorker(config: Config): Promise<Service> {
  const logger = createLogger({ service: NAME, level: config.logLevel }).child({
    worker: cluster.worker?.id,
  });
  const gateway = await buildService(config, { logger });
  const { lifecycle, readiness, metrics } = gateway;
  AggregatorRegistry.setRegistries(metrics);
  void new AggregatorRegistry(); // An instance answers the primary's requests for metrics.

  process.on('message', (message: unknown) => {
    const asked = fromPrimary.safeParse(message);
    if (!asked.success) return;
    if ('stop' in asked.data) void lifecycle.stop().then(() => process.exit(0), endFailed);
    else void sendReadiness(asked.data.askReadiness, readiness);
  });
  return {
    logger,
    lifecycle: {
      ...lifecycle,
      start: async () => {
        await lifecycle.start();
        send({ started: true });
      },
    },
  };
}

async function sendReadiness(question: number, readiness: Readiness): Promise<void> {
  const report = await readiness.report();
  const troubles = Object.entries(report.checks)
    .filter(([, { status }]) => status !== 'ok')
    .map(([name, { detail }]) => `${name}: ${detail ?? 'failed'}`);
  send({ readiness: question, isReady: isReady(report), troubles });
}

function send(message: FromWorker): void {
  process.send?.(message);
}

function endFailed(): void {
  process.exit(1);
}
