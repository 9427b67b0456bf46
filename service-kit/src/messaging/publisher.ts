import type { Registry } from '@prometheus-io/client';
import type { ConfirmChannel, Message } from 'amqplib';
import type { Logger } from '../logging/index.ts';
import { counterOf, gaugeOf } from '../metrics/metrics.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { createWindow } from './window.ts';

export interface BrokerMessage {
  /** Message id. A returned message is recognised by it. */
  id: string;
  exchange: string;
  routingKey: string;
  content: Buffer;
  contentType: string;
  type?: string;
  mandatory: boolean;
  headers?: Record<string, string | number>;
}

/**
 * Why a message was not sent: `unavailable` there is no channel; `returned` no queue is bound; `nacked` the broker refused
 * it; after `timeout` and `closed` it may have been sent or not.
 */
export type PublishFailure = 'unavailable' | 'returned' | 'nacked' | 'timeout' | 'closed';

export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishFailure;
  constructor(code: PublishFailure, message: BrokerMessage) {
    super(
      `message ${message.id} to ${message.exchange || 'the default exchange'}/${message.routingKey}: ${code}`,
    );
    this.code = code;
  }
}

export interface PublisherOptions {
  connection: BrokerConnection;
  /** Maximum number of unconfirmed messages; further ones wait. */
  window: number;
  /** How long a confirm may take, in milliseconds, before the channel is given up. Default 30,000. */
  confirmTimeoutMs?: number;
  logger: Logger;
  metrics?: Registry;
}

export interface Publisher {
  /**
   * Resolves when the broker has put the message into every bound queue.
   *
   * @throws {PublishError} otherwise
   */
  publish(message: BrokerMessage): Promise<void>;
  /** True while a message can be sent. */
  isReady(): boolean;
  onReady(listener: () => void): void;
  start(): Promise<void>;
  /** Waits for outstanding confirms, then closes the channel. */
  stop(): Promise<void>;
}

interface Pending {
  message: BrokerMessage;
  returned: boolean;
  settle(failure?: PublishFailure): void;
}

/**
 * Publishes on one confirm channel, with a limited number of unconfirmed messages. It obeys the back-pressure of the socket
 * (`drain`) and of the broker (`blocked`). RabbitMQ sends a `basic.return` before the confirm of the same message, so a
 * returned message is known when its confirm arrives.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const { connection, confirmTimeoutMs = 30_000, logger, metrics } = options;
  const window = createWindow(options.window);
  const pendingById = new Map<string, Set<Pending>>();
  const readyListeners: (() => void)[] = [];
  const stopping = new AbortController();
  let channel: ConfirmChannel | undefined;
  let kept: Promise<void> | undefined;

  const outcomes = counterOf(metrics, {
    name: 'messages_published_total',
    help: 'Messages handed to the broker, by outcome',
    labelNames: ['outcome'],
  });
  gaugeOf(metrics, {
    name: 'messages_unconfirmed',
    help: 'Messages sent and not confirmed yet',
    collect() {
      this.set(window.taken());
    },
  });
  connection.onUnblocked(announceReady);

  function announceReady(): void {
    window.resume();
    for (const listener of readyListeners) listener();
  }

  function open(fresh: ConfirmChannel): void {
    channel = fresh;
    fresh.on('drain', () => window.resume());
    fresh.on('return', (message: Message) => {
      for (const pending of pendingById.get(String(message.properties.messageId)) ?? [])
        pending.returned = true;
    });
    fresh.once('close', () => {
      if (channel === fresh) channel = undefined;
      window.resume();
    });
    announceReady();
  }

  async function publish(message: BrokerMessage): Promise<void> {
    await window.enter();
    try {
      await send(message);
      outcomes?.inc({ outcome: 'confirmed' });
    } catch (error) {
      outcomes?.inc({ outcome: error instanceof PublishError ? error.code : 'failed' });
      throw error;
    } finally {
      window.leave();
    }
  }

  function send(message: BrokerMessage): Promise<void> {
    const current = channel;
    if (!current || connection.isBlocked()) return Promise.reject(new PublishError('unavailable', message));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        pending.settle('timeout');
        // Its confirms may never come. A new channel begins with an empty window.
        logger.error('RabbitMQ does not confirm; channel closed', { afterMs: confirmTimeoutMs });
        current.close().catch(() => undefined);
      }, confirmTimeoutMs);
      const pending: Pending = {
        message,
        returned: false,
        settle: (failure) => {
          clearTimeout(timer);
          forget(pending);
          if (failure) reject(new PublishError(failure, message));
          else resolve();
        },
      };
      remember(pending);
      try {
        const flows = current.publish(
          message.exchange,
          message.routingKey,
          message.content,
          {
            persistent: true,
            mandatory: message.mandatory,
            messageId: message.id,
            contentType: message.contentType,
            type: message.type,
            headers: message.headers,
          },
          (error) => pending.settle(failureOf(error, pending)),
        );
        if (!flows) window.pause();
      } catch {
        // A channel that is closing throws instead of calling back.
        pending.settle('closed');
      }
    });
  }

  function remember(pending: Pending): void {
    const same = pendingById.get(pending.message.id);
    if (same) same.add(pending);
    else pendingById.set(pending.message.id, new Set([pending]));
  }

  function forget(pending: Pending): void {
    const same = pendingById.get(pending.message.id);
    same?.delete(pending);
    if (same?.size === 0) pendingById.delete(pending.message.id);
  }

  return {
    publish,
    isReady: () => channel !== undefined && !connection.isBlocked(),
    onReady: (listener) => void readyListeners.push(listener),
    start: async () => {
      kept = connection.keepChannel((model) => model.createConfirmChannel(), open, stopping.signal);
    },
    stop: async () => {
      stopping.abort();
      await channel?.waitForConfirms().catch(() => undefined);
      await channel?.close().catch(() => undefined);
      await kept;
    },
  };
}

/** amqplib reports a nack and a closed channel by the same callback; only the texts differ. */
function failureOf(error: unknown, pending: Pending): PublishFailure | undefined {
  if (error) return error instanceof Error && error.message === 'message nacked' ? 'nacked' : 'closed';
  return pending.returned ? 'returned' : undefined;
}
