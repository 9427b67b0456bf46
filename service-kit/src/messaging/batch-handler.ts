import type { Registry } from '@prometheus-io/client';
import type { ConsumeMessage } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import type { Duration } from '../config/index.ts';
import { fullJitter } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { counterOf } from '../metrics/metrics.ts';
import { isStoreUnavailable, bisect, type BisectOptions, type Transact } from '../mongo/index.ts';
import type { OutgoingMessage } from './cloud-event.ts';
import type { Consumer, IncomingMessage } from './consumer.ts';
import { afterFailure, deadCopy, failureOf, parseDelivery } from './delivery.ts';
import type { Inbox } from './inbox.ts';
import { MessageFault } from './message-fault.ts';
import type { BrokerMessage, Publisher } from './publisher.ts';

export interface BatchHandlerOptions<Event extends { type: string; data: unknown }> {
  consumer: Consumer<Event>;
  transact: Transact<OutgoingMessage>;
  inbox: Inbox;
  publisher: Publisher;
  retryDelays: readonly Duration[];
  /** How long messages are held while MongoDB is unavailable, in milliseconds, before they are given back. */
  giveBackAfterMs: number;
  logger: Logger;
  metrics?: Registry;
  now?: () => number;
}

/**
 * Handles deliveries. Afterwards each may be acknowledged: its effect is committed, now or earlier, or a copy of it is
 * safe in a retry queue or in the dead-letter queue.
 *
 * @throws when `signal` aborts first; then none may be acknowledged
 */
export type BatchHandler = (deliveries: readonly ConsumeMessage[], signal: AbortSignal) => Promise<void>;

type Outcome = 'handled' | 'duplicate' | 'retried' | 'dead';
type Settled<Item> = { item: Item; result: PromiseSettledResult<Outcome> };

const BACKOFF = { firstMs: 100, longestMs: 5_000 };

export function createBatchHandler<Event extends { type: string; data: unknown }>(
  options: BatchHandlerOptions<Event>,
): BatchHandler {
  const { consumer, transact, inbox, publisher, retryDelays, logger, metrics, now = Date.now } = options;
  const { queue } = consumer;
  type Item = { delivery: ConsumeMessage; message: IncomingMessage<Event> };

  const messages = counterOf(metrics, {
    name: 'messages_handled_total',
    help: 'Messages taken from a queue, by outcome',
    labelNames: ['queue', 'outcome'],
  });

  const bisection: BisectOptions<Item> = {
    isUnavailable: isStoreUnavailable,
    isCause: ({ message }, error) => error instanceof MessageFault && error.messageId === message.id,
    parallel: true,
  };

  /** One transaction: messages that the inbox knows are dropped, the others are handled and recorded. */
  async function commit(items: readonly Item[]): Promise<Outcome[]> {
    // The inbox and handlers read before they write: a duplicate means that another instance was faster.
    const options = { retryOnDuplicateKey: true };
    return await transact(async (tx) => {
      const ids = items.map(({ message }) => message.id);
      const seen = await inbox.known(queue, ids, tx.session);
      const fresh: IncomingMessage<Event>[] = [];
      const outcomes = items.map(({ message }): Outcome => {
        if (seen.has(message.id)) return 'duplicate';
        seen.add(message.id);
        fresh.push(message);
        return 'handled';
      });
      if (fresh.length > 0) {
        await consumer.handleBatch(fresh, tx);
        await inbox.record(
          queue,
          fresh.map(({ id }) => id),
          tx.session,
        );
      }
      return outcomes;
    }, options);
  }

  /** Splits the items, in their order, into groups that one transaction may hold. */
  function groupsOf(items: readonly Item[]): Item[][] {
    const { sizeOf, most } = consumer.transactionLimit ?? { sizeOf: () => 0, most: 0 };
    const groups: Item[][] = [];
    let room = 0;
    for (const item of items) {
      const size = sizeOf(item.message);
      const last = groups.at(-1);
      if (last && size <= room) {
        last.push(item);
        room -= size;
      } else {
        groups.push([item]);
        room = most - size;
      }
    }
    return groups;
  }

  /**
   * While MongoDB is unavailable, no message is at fault: the messages wait here, unacknowledged and uncounted. They are
   * given back before the broker would close the channel of a consumer that holds them for too long.
   */
  async function commitAll(items: readonly Item[], signal: AbortSignal): Promise<Settled<Item>[]> {
    const settled: Settled<Item>[] = [];
    const giveBackAt = now() + options.giveBackAfterMs;
    let remaining = items;
    for (let pauses = 0; remaining.length > 0; pauses += 1) {
      const tried = remaining;
      const results: PromiseSettledResult<Outcome>[] = [];
      for (const group of groupsOf(tried)) results.push(...(await bisect(group, commit, bisection)));
      const paired = tried.flatMap((item, index) => {
        const result = results[index];
        return result ? [{ item, result }] : [];
      });
      const isWaiting = ({ result }: Settled<Item>): boolean =>
        result.status === 'rejected' && isStoreUnavailable(result.reason);
      settled.push(...paired.filter((each) => !isWaiting(each)));
      remaining = paired.filter(isWaiting).map(({ item }) => item);
      if (remaining.length > 0) {
        if (now() > giveBackAt)
          throw new Error('MongoDB has been unavailable for too long; the messages are given back');
        logger.warn('MongoDB unavailable; consumer waits', { queue, messages: remaining.length });
        await pause(pauses, signal);
      }
    }
    return settled;
  }

  /** Publishes a copy until the broker confirms it: only then may the original be acknowledged. */
  async function keepCopy(copy: BrokerMessage, signal: AbortSignal): Promise<void> {
    for (let pauses = 0; ; pauses += 1) {
      try {
        return await publisher.publish(copy);
      } catch (error) {
        logger.warn('Copy of a failed message not published yet', { queue, messageId: copy.id, error });
        await pause(pauses, signal);
      }
    }
  }

  return async (deliveries, signal) => {
    const items: Item[] = [];
    const copies: BrokerMessage[] = [];
    const count = (outcome: Outcome): void => messages?.inc({ queue, outcome });

    for (const delivery of deliveries) {
      const parsed = parseDelivery(delivery, consumer.schema);
      if (parsed.ok) {
        items.push({ delivery, message: parsed.message });
        continue;
      }
      logger.error('Message dead-lettered: unreadable', {
        queue,
        messageId: String(delivery.properties.messageId),
        reason: parsed.reason,
      });
      copies.push(deadCopy(delivery, queue, { code: 'unreadable', reason: parsed.reason }, now()));
      count('dead');
    }

    // A message that failed before often fails again, and would fail the transaction of the others.
    const first = await commitAll(
      items.filter(({ message }) => message.attempt === 1),
      signal,
    );
    const again = await commitAll(
      items.filter(({ message }) => message.attempt > 1),
      signal,
    );
    for (const { item, result } of [...first, ...again]) {
      if (result.status === 'fulfilled') {
        count(result.value);
        continue;
      }
      const { outcome, copy } = afterFailure(
        item.delivery,
        queue,
        retryDelays,
        failureOf(result.reason),
        now(),
      );
      logger[outcome === 'dead' ? 'error' : 'warn'](
        outcome === 'dead' ? 'Message dead-lettered' : 'Message failed; it will be retried',
        {
          queue,
          messageId: item.message.id,
          type: item.message.type,
          attempt: item.message.attempt,
          traceparent: item.message.traceparent,
          error: result.reason,
        },
      );
      copies.push(copy);
      count(outcome);
    }
    await Promise.all(copies.map((copy) => keepCopy(copy, signal)));
  };
}

const pause = (pauses: number, signal: AbortSignal): Promise<void> =>
  delay(fullJitter(pauses, BACKOFF), undefined, { signal });
