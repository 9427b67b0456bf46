import type { Registry } from '@prometheus-io/client';
import type { Db } from 'mongodb';
import { randomUUID } from 'node:crypto';
import { fullJitter, type Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { gaugeOf } from '../metrics/metrics.ts';
import { createOutboxStore } from './outbox-store.ts';
import { brokerMessageOf, type FreshRows, type OutboxMessage, type OutboxRow } from './outbox.ts';
import { PublishError, type Publisher } from './publisher.ts';

export interface RelayTuning {
  /** Messages leased at a time (`OUTBOX_BATCH`). */
  batch: number;
  /** How long a lease holds, in milliseconds (`OUTBOX_LEASE_MS`). */
  leaseMs: number;
}

export interface RelayOptions {
  db: Db;
  publisher: Publisher;
  tuning: RelayTuning;
  logger: Logger;
  metrics?: Registry;
  /** How often to look for rows that were not handed over in memory, in milliseconds. Default 250. */
  sweepMs?: number;
  /** Current time in Unix milliseconds. */
  now?: () => number;
  /** Uniform in [0, 1). */
  random?: () => number;
}

export interface Relay extends FreshRows, Component {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Age of the oldest row in milliseconds (0 when there is none), and how many rows wait. */
  backlog(): Promise<{ ageMs: number; rows: number }>;
}

/** Fresh messages held in memory. Further ones wait in the collection like all others. */
const MOST_IN_HAND = 5_000;
const BATCHES_AHEAD = 4;
// A consumer that has not started yet, or a broker that restarts, is no reason for an alarm.
const ATTEMPTS_BEFORE_ALARM = 5;
const BACKOFF = { firstMs: 200, longestMs: 30_000 };

/**
 * Sends outbox rows, and deletes each row once the broker has confirmed and not returned it. Several relays run side by
 * side; the holder of a row's lease sends it. So a row is normally sent once, and again when a relay dies between sending
 * and deleting. No order is kept.
 */
export function createRelay(options: RelayOptions): Relay {
  const { db, publisher, tuning, logger, metrics, sweepMs = 250 } = options;
  const { now = Date.now, random = Math.random } = options;
  const store = createOutboxStore({ db, ...tuning, now });
  const inHand = new Set<Promise<void>>();
  let messagesInHand = 0;
  let sweeping: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;

  publisher.onReady(wake);
  watchBacklog();

  function watchBacklog(): void {
    const age = gaugeOf(metrics, {
      name: 'outbox_age_seconds',
      help: 'Age of the oldest unsent message',
    });
    gaugeOf(metrics, {
      name: 'outbox_rows',
      help: 'Transactions with unsent messages',
      async collect() {
        const found = await store.backlog().catch(() => undefined);
        if (!found) return;
        this.set(found.rows);
        age?.set(found.ageMs / 1_000);
      },
    });
  }

  async function send(leased: readonly OutboxRow[]): Promise<void> {
    const messages = leased.reduce((sum, row) => sum + row.messages.length, 0);
    const sent = Promise.all(leased.map(sendRow)).then(() => undefined);
    inHand.add(sent);
    messagesInHand += messages;
    await sent;
    messagesInHand -= messages;
    inHand.delete(sent);
  }

  async function sendRow(row: OutboxRow): Promise<void> {
    const results = await Promise.allSettled(
      row.messages.map((message) => publisher.publish(brokerMessageOf(message))),
    );
    const unsent = row.messages.filter((_, index) => results[index]?.status === 'rejected');
    if (unsent.length > 0) {
      return await giveBack(
        row,
        unsent,
        results.find((result) => result.status === 'rejected'),
      );
    }
    // If this fails, the row is sent again when its lease ends; consumers drop the repetition.
    await store.delete(row._id).catch((error: unknown) => {
      logger.warn('Sent messages not deleted from the outbox', { row: row._id, error });
    });
  }

  async function giveBack(
    row: OutboxRow,
    messages: OutboxMessage[],
    failure: PromiseRejectedResult | undefined,
  ): Promise<void> {
    const error: unknown = failure?.reason;
    const reason = error instanceof PublishError ? error.code : 'failed';
    if (reason !== 'unavailable') {
      const level = row.attempts < ATTEMPTS_BEFORE_ALARM ? 'warn' : 'error';
      const { id, type, exchange, routingKey } = messages[0] ?? {};
      logger[level]('Messages refused by RabbitMQ; they stay in the outbox', {
        messages: messages.length,
        first: { id, type, exchange, routingKey },
        attempts: row.attempts + 1,
        reason,
        ...(reason === 'failed' && { error }),
      });
    }
    const pause = reason === 'unavailable' ? 0 : fullJitter(row.attempts, BACKOFF, random);
    const release = { id: row._id, messages, availableAt: new Date(now() + pause) };
    await store.release(release).catch((releaseError: unknown) => {
      logger.warn('Outbox row not released; it stays leased', { row: row._id, error: releaseError });
    });
  }

  function wake(): void {
    if (stopped) return;
    sweeping ??= sweep()
      .catch((error: unknown) => logger.warn('Outbox unreadable', { error }))
      .finally(() => {
        sweeping = undefined;
      });
  }

  /** Sends due rows, batch by batch, while the broker is ready. */
  async function sweep(): Promise<void> {
    const ahead: Promise<void>[] = [];
    while (!stopped && publisher.isReady()) {
      const leased = await store.leaseDue();
      if (leased.length === 0) return;
      ahead.push(send(leased));
      // The next batch is read while some others are confirmed and deleted.
      if (ahead.length >= BATCHES_AHEAD) await ahead.shift();
    }
  }

  return {
    name: 'outbox relay',
    send: (written) => void send(written),
    backlog: () => store.backlog(),
    leaseForFresh: () => {
      if (stopped || !publisher.isReady() || messagesInHand >= MOST_IN_HAND) return undefined;
      return { token: randomUUID(), until: new Date(now() + tuning.leaseMs) };
    },
    start: async () => {
      await store.ensureIndexes();
      stopped = false;
      timer = setInterval(wake, sweepMs);
      wake();
    },
    stop: async () => {
      clearInterval(timer);
      // Rows committed from now on wait in the collection for another relay.
      stopped = true;
      await sweeping;
      await Promise.all(inHand);
      await store.stop();
    },
  };
}
