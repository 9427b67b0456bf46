import { z } from 'zod';
import { isReady, type Readiness } from '../lifecycle/readiness.ts';
import { defineEndpoint, type Endpoint } from './endpoint.ts';
import { reply } from './send.ts';

const NOT_STORED = { 'cache-control': 'no-store' };

/** `/healthz`: the process answers. It checks no dependency, so that an outage elsewhere restarts nothing. */
export function livenessEndpoint(service: string): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/healthz',
    operationId: 'getHealth',
    summary: 'Whether the process answers',
    tag: 'health',
    access: 'unsigned',
    quiet: true,
    responses: {
      200: {
        description: 'The process answers',
        body: z.object({ status: z.literal('ok'), service: z.string() }),
      },
    },
    handle: async () => reply(200, { status: 'ok', service }, NOT_STORED),
  });
}

/**
 * `/readyz`: 200 when requests may be sent, otherwise 503.
 *
 * @param options.withChecks whether to show the result of each check, for the admin port only
 */
export function readinessEndpoint(readiness: Readiness, options: { withChecks: boolean }): Endpoint {
  const body = z.object({ status: z.string(), checks: z.record(z.string(), z.unknown()).optional() });
  return defineEndpoint({
    method: 'GET',
    path: '/readyz',
    operationId: 'getReadiness',
    summary: 'Whether the service takes requests',
    tag: 'health',
    access: 'unsigned',
    quiet: true,
    responses: { 200: { description: 'It takes requests', body }, 503: { description: 'It does not', body } },
    handle: async () => {
      const report = await readiness.report();
      const { status } = report;
      return reply(isReady(report) ? 200 : 503, options.withChecks ? report : { status }, NOT_STORED);
    },
  });
}
