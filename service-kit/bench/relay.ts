import { ObjectId } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeCloudEvent } from '../src/messaging/cloud-event.ts';
import { outboxCollection, type OutboxMessage, type OutboxRow } from '../src/messaging/outbox.ts';
import { createOutboxStore } from '../src/messaging/outbox-store.ts';
import { createPublisher } from '../src/messaging/publisher.ts';
import { createRelay, type Relay } from '../src/messaging/relay.ts';
import { startFeed } from './feed.ts';
import { type Benchmark, type Candidate, usualPlans } from './harness.ts';
import { connectBroker, outboxDefaults, ROUTE, type Stage, workData } from './stage.ts';

const ROWS_AT_ONCE = 1_000;

/** Assumed before the first round; each later round is sized by the rate of the one before. */
const FIRST_RATE = 5_000;

interface Tuning {
  /** `OUTBOX_BATCH` and `OUTBOX_WINDOW`. */
  batch: number;
  window: number;
}

const DEFAULT: Tuning = { batch: 200, window: 500 };
/** For a broker that confirms late: by Little's law the rate is the window divided by the time to the confirm. */
const WIDE: Tuning = { batch: 1_000, window: 2_000 };

/** Rows sent and deleted before, in an outbox that is kept empty: 30 transactions a second leave so many behind in five minutes. */
const GONE = [0, 10_000];

/** The relay's sweep: it sends waiting rows into a quorum queue with confirms, and deletes them. */
export const relay: Benchmark = {
  plans: usualPlans,
  prepare: async (stage) => {
    const feed = await startFeed(stage);
    const outbox = await startOutbox(stage);
    let lost = 0;

    function rowsOf(messagesPerRow: number, tuning: Tuning): Candidate {
      let rate = FIRST_RATE;
      return {
        name: `${messagesPerRow} a row, window ${tuning.window}`,
        prepare: async (durationMs) => {
          const rows = Math.ceil((durationMs * rate) / 1_000 / messagesPerRow);
          await feed.purge();
          await outbox.write({ rows, messagesPerRow });
          return async () => {
            const messages = rows * messagesPerRow;
            const elapsedMs = await outbox.relay(tuning);
            lost += messages - (await feed.waiting());
            rate = (messages / elapsedMs) * 1_000;
            return { 'messages/s': rate, messages };
          };
        },
      };
    }

    function keptEmpty(gone: number): Candidate {
      return {
        name: `one by one, ${gone.toLocaleString('en')} gone before`,
        prepare: async (durationMs) => {
          await feed.purge();
          await outbox.leaveBehind({ rows: gone });
          return async () => {
            const sent = await outbox.keepEmpty({ ...DEFAULT, durationMs });
            lost += sent - (await feed.waiting());
            return { 'messages/s': sent / (durationMs / 1_000), messages: sent };
          };
        },
      };
    }

    return {
      candidates: [
        ...[1, 20, 200].flatMap((messages) => [rowsOf(messages, DEFAULT), rowsOf(messages, WIDE)]),
        ...GONE.map(keptEmpty),
      ],
      verify: async () => {
        if (lost !== 0) throw new Error(`The queue has ${lost} messages fewer than the outbox had`);
      },
      stop: async () => {
        await outbox.stop();
        await feed.stop();
      },
    };
  },
};

/** An outbox with a relay that runs only while it is measured. */
async function startOutbox(stage: Stage) {
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

  /** Runs a relay while `work` runs. Returns how long it took, in milliseconds. */
  async function whileRelaying(
    { batch, window }: Tuning,
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

  /** Uses the collection's count: a query would walk over all deleted rows. */
  async function isEmpty(): Promise<boolean> {
    return (await rows.estimatedDocumentCount()) === 0;
  }

  return {
    /** Writes `rows` rows that any relay may send, as transactions do while the broker is down. */
    write: async (input: { rows: number; messagesPerRow: number }) => {
      for (let left = input.rows; left > 0; left -= ROWS_AT_ONCE) {
        const fresh = Array.from({ length: Math.min(left, ROWS_AT_ONCE) }, () =>
          outboxRow(input.messagesPerRow),
        );
        await rows.insertMany(fresh, { ordered: false });
      }
      return written;
    },
    /** Relays until no row is left. Returns the time it took, in milliseconds. */
    relay: (input: Tuning) =>
      whileRelaying(input, async () => {
        while (!(await isEmpty())) await delay(10);
      }),
    /** Begins a new outbox from which so many rows were deleted. */
    leaveBehind: async (input: { rows: number }) => {
      await rows.drop();
      await createOutboxStore({ db: stage.db, ...outboxDefaults, now: Date.now }).ensureIndexes();
      const gone = Array.from({ length: input.rows }, () => outboxRow(1));
      if (gone.length > 0) await rows.insertMany(gone, { ordered: false });
      await rows.deleteMany({});
    },
    /**
     * Writes a row each time the row before has been sent and deleted, as in an outbox that is kept empty. Returns how
     * many.
     */
    keepEmpty: async (input: Tuning & { durationMs: number }) => {
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
    stop: () => connection.close(),
  };
}
