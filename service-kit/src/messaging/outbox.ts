import { ObjectId, type Collection, type Db } from 'mongodb';
import type { TransactionalOutbox } from '../mongo/index.ts';
import { CLOUD_EVENT_CONTENT_TYPE, encodeCloudEvent, type OutgoingMessage } from './cloud-event.ts';
import type { BrokerMessage } from './publisher.ts';

/**
 * Messages of one transaction that wait to be sent. They share a row, so a batch of a hundred messages costs one insertion
 * and one deletion. The relay deletes the row once the broker has confirmed all of them.
 */
export interface OutboxRow {
  /** Begins with the time, so ids sort by age. */
  _id: string;
  messages: OutboxMessage[];
  createdAt: Date;
  /** Until then only the holder of `lease` may send it; then any relay. */
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

/** The part of the relay that the outbox uses. */
export interface FreshRows {
  /**
   * Asks whether the relay can send more rows at once.
   *
   * @returns the lease under which to write them; undefined when any relay may take them
   */
  leaseForFresh(): { token: string; until: Date } | undefined;
  /** Sends rows that were committed under such a lease. */
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

/** Limits the size of a row, and how many messages are sent again when a relay dies in the middle of them. */
const MOST_IN_A_ROW = 200;

/** Writes outside a transaction may be lost with a primary. Then a message is sent twice. */
export const outboxCollection = (db: Db): Collection<OutboxRow> =>
  db.collection<OutboxRow>('outbox', { writeConcern: { w: 1 } });

/**
 * Writes messages in the transaction of the state change that causes them. Rows are leased to this process's own relay,
 * which gets them in memory after the commit, so no query has to find them. If the process dies first, the lease ends
 * and any relay finds them.
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
