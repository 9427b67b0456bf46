import type { MongoClient } from 'mongodb';
import { z } from 'zod';
import type { BrokerObserver } from '../broker/broker-observer.ts';
import { deadQueueOf } from '../broker/queues.ts';
import type { DeadLetter } from './settled-in-time.ts';

const DATABASES = ['auth_db', 'event_db'];

const InboxRow = z.object({ messages: z.array(z.string()) });
const Headers = z.looseObject({ 'x-reason': z.string().default('none given') });

/** Reads the dead-letter queue of each work queue and leaves the messages there. */
export async function deadLetters(
  broker: BrokerObserver,
  workQueues: readonly string[],
): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const queue of workQueues) {
    for (const { properties } of await broker.look(deadQueueOf(queue))) {
      const { 'x-reason': reason } = Headers.parse(properties.headers ?? {});
      letters.push({ id: String(properties.messageId), queue, reason });
    }
  }
  return letters;
}

/** Counts the rows of each outbox, by database. */
export async function outboxes(mongo: MongoClient): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of DATABASES) counts[name] = await mongo.db(name).collection('outbox').countDocuments();
  return counts;
}

/** Reads the handled messages from both inboxes, as `QUEUE:ID`; one row holds the messages of one transaction. */
export async function handledMessages(mongo: MongoClient): Promise<Set<string>> {
  const handled = new Set<string>();
  for (const name of DATABASES) {
    const rows = mongo
      .db(name)
      .collection('inbox')
      .find({}, { projection: { messages: 1 } });
    for await (const row of rows) {
      for (const message of InboxRow.parse(row).messages) handled.add(message);
    }
  }
  return handled;
}
