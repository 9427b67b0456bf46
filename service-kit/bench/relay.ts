import { ObjectId } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeCloudEvent } from '../src/messaging/cloud-event.ts';
import { outboxCollection, type OutboxMessage, type OutboxRow } from '../src/messaging/outbox.ts';
import { createPublisher } from '../src/messaging/publisher.ts';
import { createRelay } from '../src/messaging/relay.ts';
import { serve } from './serve.ts';
import { connectBroker, openStage, outboxDefaults, ROUTE, workData } from './stage.ts';

const ROWS_AT_ONCE = 1_000;

const stage = await openStage();
const rows = outboxCollection(stage.db);
const connection = await connectBroker(stage, 'bench:publish');
let written = 0;

function outboxMessage(): OutboxMessage {
  const id = new ObjectId().toHexString();
  const message = { type: 'bench.work.v1', ...ROUTE, data: workData(written++) };
  return {
    id,
    type: message.type,
    ...ROUTE,
    mandatory: true,
    content: encodeCloudEvent(message, { id, source: 'bench', time: new Date() }),
  };
}

function outboxRow(messages: number): OutboxRow {
  const time = new Date();
  return {
    _id: new ObjectId().toHexString(),
    messages: Array.from({ length: messages }, outboxMessage),
    createdAt: time,
    availableAt: time,
    lease: null,
    attempts: 0,
  };
}

serve({
  /** Writes `rows` rows that any relay may send, as transactions leave them behind while the broker is away. */
  write: async (input: { rows: number; messagesPerRow: number }) => {
    for (let left = input.rows; left > 0; left -= ROWS_AT_ONCE) {
      const fresh = Array.from({ length: Math.min(left, ROWS_AT_ONCE) }, () =>
        outboxRow(input.messagesPerRow),
      );
      await rows.insertMany(fresh, { ordered: false });
    }
    return written;
  },
  /** Relays until no row is left; gives the time that took, in milliseconds. */
  relay: async (input: { batch: number; window: number }) => {
    const publisher = createPublisher({ connection, window: input.window, logger: stage.logger });
    const ready = new Promise<void>((resolve) => publisher.onReady(resolve));
    await publisher.start();
    await ready;
    const tuning = { ...outboxDefaults, batch: input.batch };
    const relay = createRelay({ db: stage.db, publisher, tuning, logger: stage.logger });
    const startedAt = performance.now();
    await relay.start();
    while ((await rows.countDocuments({}, { limit: 1 })) > 0) await delay(10);
    const elapsedMs = performance.now() - startedAt;
    await relay.stop();
    await publisher.stop();
    return elapsedMs;
  },
});
