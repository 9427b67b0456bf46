import { EventEmitter, once } from 'node:events';
import {
  createMessaging,
  MessageFault,
  type IncomingMessage,
  type OutgoingMessage,
} from '../src/messaging/index.ts';
import type { Transaction } from '../src/mongo/index.ts';
import { serve } from './serve.ts';
import { defaults, openStage, outboxDefaults, QUEUE, topology, Work } from './stage.ts';

const stage = await openStage();
const effects = stage.db.collection<{ n: number; messageId: string }>('effects');
const messaging = createMessaging({
  ...stage,
  service: 'bench',
  topology,
  outbox: outboxDefaults,
  inboxRetentionMs: 3_600_000,
});
await messaging.component.start?.();

const progress = new EventEmitter();
let begunAt = 0;
let handled = 0;
let poison: number | undefined;
let named = false;

/** Decides, then writes one document for each message in the transaction of the batch. */
async function handleBatch(
  messages: readonly IncomingMessage<Work>[],
  tx: Transaction<OutgoingMessage>,
): Promise<void> {
  begunAt ||= performance.now();
  const poisonous = messages.find(({ data }) => data.n === poison);
  if (poisonous) {
    const error = new Error('this message is poison');
    throw named ? new MessageFault(poisonous.id, error) : error;
  }
  await effects.insertMany(
    messages.map(({ id, data }) => ({ n: data.n, messageId: id })),
    { session: tx.session },
  );
  tx.afterCommit(() => {
    handled += messages.length;
    progress.emit('handled');
  });
}

const consumer = messaging.consume<Work>({ queue: QUEUE, schema: Work, handleBatch }, defaults);
consumer.change({ paused: true });
await consumer.start();

serve({
  /**
   * Handles `count` messages, with or without a poison message, which the handler may name. Returns the time from the begin
   * of the first batch to the last commit, in milliseconds.
   */
  consume: async (input: { count: number; poison?: number; named?: boolean }) => {
    const until = handled + input.count;
    ({ poison, named = false } = input);
    begunAt = 0;
    consumer.change({ paused: false });
    while (handled < until) await once(progress, 'handled');
    return performance.now() - begunAt;
  },
  pause: async () => consumer.change({ paused: true }),
  /** The number of effects, and of messages with an effect. */
  effects: async () => {
    const [distinct] = await effects
      .aggregate<{ messages: number }>([{ $group: { _id: '$messageId' } }, { $count: 'messages' }])
      .toArray();
    return { effects: await effects.countDocuments(), messages: distinct?.messages ?? 0 };
  },
});
