import { ObjectId, type Collection, type Db } from 'mongodb';
import type { TransactionalOutbox } from '../mongo/index.ts';
import { CLOUD_EVENT_CONTENT_TYPE, encodeCloudEvent, type OutgoingMessage } from './cloud-event.ts';
import type { BrokerMessage } from './publisher.ts';

/**
 * Messages of one transaction that wait to be sent. They share a row, because a batch of a hundred messages then
 * costs the database one insertion and one deletion. A row is deleted once the broker has confirmed all of them.
 */
export interface OutboxRow {
  /** Begins with its time, so that ids grow with age. */
  _id: string;
  messages: OutboxMessage[];
  createdAt: Date;
  /** Whoever may send it: nobody before this time but the owner of `lease`. */
  availableAt: Date;
  lease: string | null;
  attempts: number;
}

export interface OutboxMessage {
  id: string;
  type: string;
  exchange: string;
  routingKey: string;
  mandatory: boolean;
  /** The CloudEvent as JSON. */
  content: string;
}

/** What the outbox needs of its relay. */
export interface FreshRows {
  /**
   * Asks whether the relay would send more rows by itself at once.
   *
   * @returns the lease under which they are to be written, or undefined when any relay may have them
   */
  leaseForFresh(): { token: string; until: Date } | undefined;
  /** Takes rows that were committed under such a lease. */
  send(rows: readonly OutboxRow[]): void;
}

export interface OutboxOptions {
  db: Db;
  /** CloudEvents `source` of every message, the service's name. */
  source: string;
  relay: FreshRows;
  /** Current time. Default: the system's. */
  now?: () => Date;
}

/** Bounds a row's size, and how many messages are sent again when a relay dies in the middle of them. */
const MOST_IN_A_ROW = 200;

/** What is written outside a transaction here may be lost with a primary: the price is a message sent twice. */
export const outboxCollection = (db: Db): Collection<OutboxRow> =>
  db.collection<OutboxRow>('outbox', { writeConcern: { w: 1 } });

/**
 * Writes messages beside the state change that causes them, in its transaction. Rows are written under the
 * lease of this process's own relay, which is handed them in memory after the commit: no one has to look for
 * them. If the process dies first, the lease ends and any relay finds them.
 */
export function createOutbox(options: OutboxOptions): TransactionalOutbox<OutgoingMessage, OutboxRow> {
  const { source, relay, now = () => new Date() } = options;
  const rows = outboxCollection(options.db);

  return {
    insert: async (outgoing, session) => {
      const time = now();
      const lease = relay.leaseForFresh();
      const messages = outgoing.map((message) => messageOf(message, source, time));
      const written: OutboxRow[] = [];
      for (let start = 0; start < messages.length; start += MOST_IN_A_ROW) {
        written.push(rowOf(messages.slice(start, start + MOST_IN_A_ROW), time, lease));
      }
      await rows.insertMany(written, { session });
      return lease ? written : [];
    },
    committed: (written) => relay.send(written),
  };
}

function messageOf(message: OutgoingMessage, source: string, time: Date): OutboxMessage {
  const { type, exchange, routingKey, mandatory = true } = message;
  const id = new ObjectId().toHexString();
  return {
    id,
    type,
    exchange,
    routingKey,
    mandatory,
    content: encodeCloudEvent(message, { id, source, time }),
  };
}

function rowOf(
  messages: OutboxMessage[],
  time: Date,
  lease: { token: string; until: Date } | undefined,
): OutboxRow {
  return {
    _id: new ObjectId().toHexString(),
    messages,
    createdAt: time,
    availableAt: lease?.until ?? time,
    lease: lease?.token ?? null,
    attempts: 0,
  };
}

/** @returns the message as the broker is given it */
export function brokerMessageOf({
  id,
  exchange,
  routingKey,
  type,
  mandatory,
  content,
}: OutboxMessage): BrokerMessage {
  return {
    id,
    exchange,
    routingKey,
    type,
    mandatory,
    contentType: CLOUD_EVENT_CONTENT_TYPE,
    content: Buffer.from(content),
  };
}
