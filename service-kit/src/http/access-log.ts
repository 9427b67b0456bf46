import type { Registry } from '@prometheus-io/client';
import type { Request, Response } from 'express';
import type { Logger } from '../logging/index.ts';
import { histogramOf } from '../metrics/metrics.ts';
import { pathOf } from './problem.ts';
import type { ShellContext } from './request-context.ts';

export interface AccessLogOptions {
  logger: Logger;
  metrics?: Registry | undefined;
}

export type AccessLog = (request: Request, response: Response, context: ShellContext) => void;

const COUNTED_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Writes one line for each request when its answer is complete, and observes the duration. */
export function createAccessLog({ logger, metrics }: AccessLogOptions): AccessLog {
  const durations = histogramOf(metrics, {
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });

  return (request, response, context) => {
    const began = performance.now();
    response.once('close', () => {
      // The client left before there was an answer: nginx uses 499 for this.
      const status = response.headersSent ? response.statusCode : 499;
      const durationMs = Math.round((performance.now() - began) * 100) / 100;
      const { route = 'none' } = context;
      durations?.observe({ method: methodLabel(request), route, status }, durationMs / 1_000);
      if (context.quiet && status < 400) return;
      logger.info('request', {
        requestId: context.requestId,
        traceId: context.traceId,
        method: request.method,
        path: pathOf(request),
        route: context.route,
        status,
        durationMs,
        userId: context.identity?.userId || undefined,
        clientAddress: context.identity?.clientAddress || request.socket.remoteAddress,
        // The client left before it had the complete answer.
        aborted: response.writableFinished ? undefined : true,
      });
    });
  };
}

/** Only known methods become labels, because a client could invent any number of them. */
function methodLabel({ method }: Request): string {
  return COUNTED_METHODS.has(method) ? method : 'other';
}
