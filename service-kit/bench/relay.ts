import { ObjectId } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeCloudEvent } from '../src/messaging/cloud-event.ts';
import { outboxCollection, type OutboxMessage, type OutboxRow } from '../src/messaging/outbox.ts';
import { createOutboxStore } from '../src/messaging/outbox-store.ts';
import { createPublisher } from '../src/messaging/publisher.ts';
import { createRelay, type Relay } from '../src/messaging/relay.ts';
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

/** Runs a relay during `work`. Returns the duration in milliseconds. */
async function whileRelaying(
  { batch, window }: { batch: number; window: number },
  work: (relay: Relay) => Promise<unknown>,
): Promise<number> {
  const publisher = createPublisher({ connection, window, logger: stage.logger });
  const ready = new Promise<void>((resolve) => publisher.onReady(resolve));
  await publisher.start();
  await ready;
  const tuning = { ...outboxDefaults, batch };
  const relay = createRelay({ db: stage.db, publisher, tuning, logger: stage.logger });
  const startedAt = performance.now();
  await relay.start();
  await work(relay);
  const elapsedMs = performance.now() - startedAt;
  await relay.stop();
  await publisher.stop();
  return elapsedMs;
}

/** Uses the collection's count: a query for a row would walk over all deleted ones. */
async function isEmpty(): Promise<boolean> {
  return (await rows.estimatedDocumentCount()) === 0;
}

serve({
  /** Writes `rows` rows that any relay may send, like transactions while the broker is unavailable. */
  write: async (input: { rows: number; messagesPerRow: number }) => {
    for (let left = input.rows; left > 0; left -= ROWS_AT_ONCE) {
      const fresh = Array.from({ length: Math.min(left, ROWS_AT_ONCE) }, () =>
        outboxRow(input.messagesPerRow),
      );
      await rows.insertMany(fresh, { ordered: false });
    }
    return written;
  },
  /** Relays until no row is left. Returns the duration in milliseconds. */
  relay: (input: { batch: number; window: number }) =>
    whileRelaying(input, async () => {
      while (!(await isEmpty())) await delay(10);
    }),
  /** Makes a new outbox with `rows` deleted rows. */
  leaveBehind: async (input: { rows: number }) => {
    await rows.drop();
    await createOutboxStore({ db: stage.db, ...outboxDefaults, now: Date.now }).ensureIndexes();
    const gone = Array.from({ length: input.rows }, () => outboxRow(1));
    if (gone.length > 0) await rows.insertMany(gone, { ordered: false });
    await rows.deleteMany({});
  },
  /**
   * Writes rows one after the other, each after the one before was sent and deleted, like an outbox that is kept empty.
   * Returns the number of rows.
   */
  keepEmpty: async (input: { batch: number; window: number; durationMs: number }) => {
    let sent = 0;
    const endsAt = performance.now() + input.durationMs;
    await whileRelaying(input, async (relay) => {
      for (; performance.now() < endsAt; sent += 1) {
        const lease = relay.leaseForFresh();
        const row = { ...outboxRow(1), ...(lease && { lease: lease.token, availableAt: lease.until }) };
        await rows.insertOne(row);
        relay.send([row]);
        while (!(await isEmpty()));
      }
    });
    return sent;
  },
});
