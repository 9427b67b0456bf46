import type { Logger } from 'service-kit/logging';
import type { GatewayRequest } from './gateway-request.ts';
import type { RequestMetrics } from './request-metrics.ts';

/** nginx's status for a client that disconnected before the answer began. */
const CLIENT_GONE = 499;
const SWITCHED = 101;

/** Whether the client received the whole answer, or the connection became a WebSocket. */
export function isComplete({ response }: GatewayRequest): boolean {
  return response.writableFinished || response.statusCode === SWITCHED;
}

/** Counts a request that has ended, and writes its line of the access log. */
export function recordRequest(request: GatewayRequest, metrics: RequestMetrics, logger: Logger): void {
  const { incoming, response, routeName, startedAt, answeredAt, problem } = request;
  const milliseconds = performance.now() - startedAt;
  const status = response.headersSent ? response.statusCode : CLIENT_GONE;
  const method = incoming.method ?? '';
  // For a WebSocket the time until it opened counts, not the time that it stayed open.
  const seconds = (status === SWITCHED ? answeredAt - startedAt : milliseconds) / 1000;
  metrics.observe(routeName, method, status, seconds);
  if (problem !== '') metrics.refused(routeName, problem);
  if (request.quiet && status < 400) return;
  logger.info('request', {
    method,
    path: request.target?.path ?? incoming.url?.split('?', 1)[0],
    route: routeName,
    upstream: request.upstream || undefined,
    status,
    problem: problem || undefined,
    bytes: request.bytesOut || Number(response.getHeader('content-length') ?? 0),
    durationMs: hundredths(milliseconds),
    upstreamMs: answeredAt === 0 ? undefined : hundredths(answeredAt - startedAt),
    userId: request.token?.userId,
    clientAddress: request.clientAddress,
    requestId: request.requestId,
    traceId: request.trace.traceId,
    aborted: isComplete(request) ? undefined : true,
    ended: request.endedBecause || undefined,
  });
}

const hundredths = (milliseconds: number): number => Math.round(milliseconds * 100) / 100;
