import type { ConsumeMessage } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { createBatchHandler, type BatchHandler } from '../src/messaging/batch-handler.ts';
import { createInbox } from '../src/messaging/inbox.ts';
import { createOutbox } from '../src/messaging/outbox.ts';
import { createPublisher } from '../src/messaging/publisher.ts';
import type { BrokerConnection } from '../src/messaging/broker-connection.ts';
import { createTransact } from '../src/mongo/index.ts';
import { defaults, QUEUE, Work, type Stage } from './stage.ts';

/** Reads each message and does nothing with it. */
export const light: BatchHandler = async (deliveries) => read(deliveries);

/** Asks somebody about all messages of a batch at once, and has the answer after `waitMs`. */
export const waiting =
  (waitMs: () => number): BatchHandler =>
  async (deliveries) => {
    read(deliveries);
    await delay(waitMs());
  };

function read(deliveries: readonly ConsumeMessage[]): void {
  for (const { content } of deliveries) Work.parse(JSON.parse(content.toString('utf8')));
}

/** What a service's consumer does: one transaction a batch, with inbox and a document for each message. */
export async function databaseBound(stage: Stage, connection: BrokerConnection): Promise<BatchHandler> {
  const { client, db, logger } = stage;
  const effects = db.collection('effects');
  const inbox = createInbox(db, 3_600_000);
  await inbox.ensureIndexes();
  const relay = { leaseForFresh: () => undefined, send: () => undefined };
  return createBatchHandler<Work>({
    consumer: {
      queue: QUEUE,
      schema: Work,
      handleBatch: async (messages, tx) =>
        void (await effects.insertMany(
          messages.map(({ id, data }) => ({ n: data.n, messageId: id })),
          { session: tx.session },
        )),
    },
    transact: createTransact({ client, logger, outbox: createOutbox({ db, source: 'bench', relay }) }),
    inbox,
    publisher: createPublisher({ connection, window: 1, logger }),
    retryDelays: defaults.retryDelays,
    giveBackAfterMs: 600_000,
    logger,
  });
}
