import { z } from 'zod';
import { isReady, type Readiness } from '../lifecycle/readiness.ts';
import { defineEndpoint, type Endpoint } from './endpoint.ts';
import { reply } from './send.ts';

const NOT_STORED = { 'cache-control': 'no-store' };

/** `/healthz`: the process answers. It asks no dependency, so that an outage elsewhere restarts nothing. */
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
      200: { description: 'It does', body: z.object({ status: z.literal('ok'), service: z.string() }) },
    },
    handle: async () => reply(200, { status: 'ok', service }, NOT_STORED),
  });
}

/**
 * `/readyz`: 200 when requests may be sent, otherwise 503.
 *
 * @param options.withChecks whether to say what each dependency answered, which is for the admin port alone
 */
export function readinessEndpoint(readiness: Readiness, options: { withChecks: boolean }): Endpoint {
  const body = z.object({ status: z.string(), checks: z.record(z.string(), z.unknown()).optional() });
  return defineEndpoint({
    method: 'GET',
    path: '/readyz',
    operationId: 'getReadiness',
    summary: 'Whether requests may be sent',
    tag: 'health',
    access: 'unsigned',
    quiet: true,
    responses: { 200: { description: 'They may', body }, 503: { description: 'They may not', body } },
    handle: async () => {
      const report = await readiness.report();
      const { status } = report;
      return reply(isReady(report) ? 200 : 503, options.withChecks ? report : { status }, NOT_STORED);
    },
  });
}
