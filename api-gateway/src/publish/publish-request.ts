import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import pTimeout from 'p-timeout';
import { ClientGoneError, DomainError, readBody, send } from 'service-kit/http';
import type { Logger } from 'service-kit/logging';
import { type EventPublisher, PublishError } from 'service-kit/messaging';
import { isProblemCode } from '../http/problems.ts';
import type { GatewayRequest } from '../requests/gateway-request.ts';
import type { PublishRoute } from '../routing/route.ts';
import type { MessageContracts } from './message-contracts.ts';

/** Enough for a batch of a thousand items with many attributes. */
const MOST_VALUES = 200_000;
const RETRY_LATER = { 'retry-after': '1' };
const NOT_STORED = { 'cache-control': 'no-store' };
const NOT_CONFIRMED = 'The broker did not take the message; send it again';

/**
 * Publishes a request as a message, and answers once the broker has confirmed it.
 *
 * @param client the caller's id: the `source` of the message
 */
export type PublishRequest = (request: GatewayRequest, route: PublishRoute, client: string) => void;

export interface PublishRequestDeps {
  /** Undefined without a broker: every request is refused. */
  publisher: Pick<EventPublisher, 'publish'> | undefined;
  contracts: MessageContracts;
  /** Limit of the bytes in bodies that are being read or not confirmed yet. A single larger request is still taken. */
  maxBytes: number;
  now: () => number;
  logger: Logger;
}

export function createPublishRequest(deps: PublishRequestDeps): PublishRequest {
  const { publisher, contracts, maxBytes, now, logger } = deps;
  let bytesInFlight = 0;

  async function publish(
    to: Pick<EventPublisher, 'publish'>,
    request: GatewayRequest,
    route: PublishRoute,
    client: string,
  ): Promise<string> {
    const contract = contracts.get(route.publish.schema);
    const data = contract.read(await readInTime(request, route));
    const id = randomUUID();
    const { exchange, routingKey } = route.publish;
    const { traceparent } = request.trace;
    const message = { type: contract.type, exchange, routingKey, data, traceparent };
    const published = to.publish(message, { id, source: client, time: new Date(now()) });
    await pTimeout(published, { milliseconds: route.timeoutMs, fallback: throwNotConfirmed });
    return id;
  }

  async function answer(request: GatewayRequest, messageId: string): Promise<void> {
    request.applyHeaders();
    const accepted = { status: 202, body: { messageId }, headers: NOT_STORED };
    await send(request.incoming, request.response, accepted);
  }

  function refuse(request: GatewayRequest, error: unknown): void {
    if (error instanceof ClientGoneError) return;
    if (error instanceof DomainError && isProblemCode(error.code)) {
      request.refuse(error.code, error.detail, error.headers, error.members);
    } else if (error instanceof PublishError) {
      const { requestId, routeName: route } = request;
      logger.warn('Message not published', { route, code: error.code, requestId });
      request.refuse('service_unavailable', NOT_CONFIRMED, RETRY_LATER);
    } else {
      request.fail(error);
    }
  }

  return (request, route, client) => {
    const bytes = bytesOf(request.incoming, route.maxBodyBytes);
    if (!publisher || (bytesInFlight > 0 && bytesInFlight + bytes > maxBytes)) {
      const detail = publisher ? 'Too much is being published at the moment' : 'There is no broker';
      request.refuse('service_unavailable', detail, RETRY_LATER);
      return;
    }
    bytesInFlight += bytes;
    void publish(publisher, request, route, client)
      .finally(() => {
        bytesInFlight -= bytes;
      })
      .then((messageId) => answer(request, messageId))
      .catch((error: unknown) => refuse(request, error));
  };
}

/** The length of a body, or the longest that it may have. */
function bytesOf({ headers }: IncomingMessage, most: number): number {
  return Math.min(Number(headers['content-length'] ?? most), most);
}

/** @throws DomainError `request_timeout` when no byte of the body arrives for `timeoutMs`, and those of `readBody` */
async function readInTime(request: GatewayRequest, route: PublishRoute): Promise<unknown> {
  const { incoming, response } = request;
  const { maxBodyBytes, timeoutMs } = route;
  const stalled = Promise.withResolvers<never>();
  let before = incoming.socket.bytesRead;
  const timer = setInterval(() => {
    if (incoming.socket.bytesRead === before) stalled.reject(new DomainError('request_timeout'));
    before = incoming.socket.bytesRead;
  }, timeoutMs);
  try {
    return await Promise.race([
      readBody(incoming, response, { maxBodyBytes, maxBodyValues: MOST_VALUES, acceptsForm: false }),
      stalled.promise,
    ]);
  } finally {
    clearInterval(timer);
  }
}

/** The confirm is late. The broker may still take the message. */
function throwNotConfirmed(): never {
  throw new DomainError('service_unavailable', NOT_CONFIRMED, { headers: RETRY_LATER });
}
