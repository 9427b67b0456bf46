import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientGoneError, DomainError, readBody, send } from 'service-kit/http';
import type { Logger } from 'service-kit/logging';
import { type EventPublisher, PublishError } from 'service-kit/messaging';
import type { Exchange } from '../proxy/exchange.ts';
import { isProblemCode } from '../problems.ts';
import type { PublishRoute } from '../routing/route.ts';
import type { MessageContracts } from './message-contracts.ts';

/** A batch of a thousand items with generous attributes. */
const MOST_VALUES = 200_000;
const RETRY_LATER = { 'retry-after': '1' };

/**
 * Makes a message of a request, and answers once the broker has it.
 *
 * @param client who the message is from: its `source`
 */
export type PublishRequest = (exchange: Exchange, route: PublishRoute, client: string) => void;

export interface PublishRequestOptions {
  /** Undefined where there is no broker. */
  publisher: Pick<EventPublisher, 'publish'> | undefined;
  contracts: MessageContracts;
  /** Bytes of bodies that are read or not confirmed yet, over all requests; one alone is always taken. */
  mostBytes: number;
  now: () => number;
  logger: Logger;
}

export function createPublishRequest(options: PublishRequestOptions): PublishRequest {
  const { publisher, contracts, mostBytes, now, logger } = options;
  let bytesInFlight = 0;

  async function publish(
    to: Pick<EventPublisher, 'publish'>,
    exchange: Exchange,
    route: PublishRoute,
    client: string,
  ): Promise<string> {
    const contract = contracts.get(route.publish.schema);
    const data = contract.read(await readInTime(exchange, route));
    const id = randomUUID();
    const { exchange: name, routingKey } = route.publish;
    const message = {
      type: contract.type,
      exchange: name,
      routingKey,
      data,
      traceparent: exchange.trace.traceparent,
    };
    const published = to.publish(message, { id, source: client, time: new Date(now()) });
    await within(route.timeoutMs, published);
    return id;
  }

  async function answer(exchange: Exchange, messageId: string): Promise<void> {
    exchange.applyHeaders();
    const accepted = { status: 202, body: { messageId }, headers: NOT_STORED };
    await send(exchange.request, exchange.response, accepted);
  }

  function refuse(exchange: Exchange, error: unknown): void {
    if (error instanceof ClientGoneError) return;
    if (error instanceof DomainError && isProblemCode(error.code)) {
      exchange.refuse(error.code, error.detail, error.headers, error.members);
    } else if (error instanceof PublishError) {
      const { requestId, routeName: route } = exchange;
      logger.warn('a message was not taken', { route, code: error.code, requestId });
      exchange.refuse('service_unavailable', NOT_CONFIRMED, RETRY_LATER);
    } else {
      exchange.fail(error);
    }
  }

  return (exchange, route, client) => {
    const bytes = bytesOf(exchange.request, route.maxBodyBytes);
    if (!publisher || (bytesInFlight > 0 && bytesInFlight + bytes > mostBytes)) {
      const detail = publisher ? 'Too much is being published at the moment' : 'There is no broker';
      exchange.refuse('service_unavailable', detail, RETRY_LATER);
      return;
    }
    bytesInFlight += bytes;
    void publish(publisher, exchange, route, client)
      .finally(() => {
        bytesInFlight -= bytes;
      })
      .then((messageId) => answer(exchange, messageId))
      .catch((error: unknown) => refuse(exchange, error));
  };
}

const NOT_STORED = { 'cache-control': 'no-store' };
const NOT_CONFIRMED = 'The broker did not take the message; send it again';

/** What a body may come to. */
function bytesOf({ headers }: IncomingMessage, most: number): number {
  return Math.min(Number(headers['content-length'] ?? most), most);
}

/** @throws DomainError `request_timeout` when nothing of the body comes for `timeoutMs`, and those of `readBody` */
async function readInTime({ request, response }: Exchange, route: PublishRoute): Promise<unknown> {
  const { maxBodyBytes, timeoutMs } = route;
  const stalled = Promise.withResolvers<never>();
  let before = request.socket.bytesRead;
  const timer = setInterval(() => {
    if (request.socket.bytesRead === before) stalled.reject(new DomainError('request_timeout'));
    before = request.socket.bytesRead;
  }, timeoutMs);
  try {
    return await Promise.race([
      readBody(request, response, { maxBodyBytes, maxBodyValues: MOST_VALUES, acceptsForm: false }),
      stalled.promise,
    ]);
  } finally {
    clearInterval(timer);
  }
}

/** @throws DomainError `service_unavailable` when it takes longer; whether it is done later is not known then */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const late = delay(ms, true, { signal: timer.signal }).catch(() => false);
  const isLate = await Promise.race([work.then(() => false), late]).finally(() => timer.abort());
  if (isLate) throw new DomainError('service_unavailable', NOT_CONFIRMED, { headers: RETRY_LATER });
}
