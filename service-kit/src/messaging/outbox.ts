import { ObjectId, type Collection, type Db } from 'mongodb';
import type { TransactionalOutbox } from '../mongo/index.ts';
import { CLOUD_EVENT_CONTENT_TYPE, encodeCloudEvent, type OutgoingMessage } from './cloud-event.ts';
import type { BrokerMessage } from './publisher.ts';

/** One message waiting to be sent. It is deleted once the broker has confirmed it. */
export interface OutboxRow {
  /** Message id; begins with its time, so that ids grow with age. */
  _id: string;
  type: string;
  exchange: string;
  routingKey: string;
  mandatory: boolean;
  /** The CloudEvent as JSON. */
  content: string;
  createdAt: Date;
  /** Whoever may send it: nobody before this time but the owner of `lease`. */
  availableAt: Date;
  lease: string | null;
  attempts: number;
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
    insert: async (messages, session) => {
      const time = now();
      const lease = relay.leaseForFresh();
      const written = messages.map((message) => rowOf(message, source, time, lease));
      await rows.insertMany(written, { session });
      return lease ? written : [];
    },
    committed: (written) => relay.send(written),
  };
}

function rowOf(
  message: OutgoingMessage,
  source: string,
  time: Date,
  lease: { token: string; until: Date } | undefined,
): OutboxRow {
  const id = new ObjectId().toHexString();
  return {
    _id: id,
    type: message.type,
    exchange: message.exchange,
    routingKey: message.routingKey,
    mandatory: message.mandatory ?? true,
    content: encodeCloudEvent(message, { id, source, time }),
    createdAt: time,
    availableAt: lease?.until ?? time,
    lease: lease?.token ?? null,
    attempts: 0,
  };
}

/** @returns the row as the broker is given it */
export function brokerMessageOf(row: OutboxRow): BrokerMessage {
  return {
    id: row._id,
    exchange: row.exchange,
    routingKey: row.routingKey,
    type: row.type,
    mandatory: row.mandatory,
    contentType: CLOUD_EVENT_CONTENT_TYPE,
    content: Buffer.from(row.content),
  };
}
