import type { ZodType } from 'zod';
import type { Transaction } from '../mongo/index.ts';
import type { OutgoingMessage } from './cloud-event.ts';

/** A message as a handler gets it, parsed by the consumer's schema. */
export type IncomingMessage<Event extends { type: string; data: unknown }> = Event & {
  id: string;
  /** When the producer created it, RFC 3339. */
  time?: string;
  /** W3C trace context of the cause. */
  traceparent?: string;
  /** 1 at first, then one more for each retry. */
  attempt: number;
};

/**
 * A consumer is data and a function; only the kit acknowledges. `schema` has the parts of the CloudEvent that this
 * consumer needs, usually a discriminated union over `type` with `data`. A message that does not parse is dead-lettered
 * at once.
 */
export interface Consumer<Event extends { type: string; data: unknown }> {
  queue: string;
  schema: ZodType<Event>;
  /** For messages with many items each: what one transaction may hold, besides the batch size. */
  transactionLimit?: {
    sizeOf: (message: IncomingMessage<Event>) => number;
    /** Largest total size. A larger message has a transaction of its own. */
    most: number;
  };
  /**
   * Handles the messages in one transaction. None was handled before, each id occurs once, and their order means nothing.
   * When it throws, the batch is bisected, and a message that fails alone is retried later. A `MessageFault` names that
   * message directly. A refusal by a business rule is a result to send, not an error.
   */
  handleBatch(messages: readonly IncomingMessage<Event>[], tx: Transaction<OutgoingMessage>): Promise<void>;
}
