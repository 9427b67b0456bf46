import type { ZodType } from 'zod';
import type { Transaction } from '../mongo/index.ts';
import type { OutgoingMessage } from './cloud-event.ts';

/** A message as a handler gets it: parsed by the consumer's own schema. */
export type IncomingMessage<Event extends { type: string; data: unknown }> = Event & {
  id: string;
  /** When the producer made it, RFC 3339. */
  time?: string;
  /** W3C trace context of what caused it. */
  traceparent?: string;
  /** 1 at first, one more with each step of the retry ladder. */
  attempt: number;
};

/**
 * A consumer is data and a function; only the kit acknowledges. `schema` is what this consumer needs of the
 * CloudEvent (usually a discriminated union over `type` with `data`); what does not parse is dead at once.
 */
export interface Consumer<Event extends { type: string; data: unknown }> {
  queue: string;
  schema: ZodType<Event>;
  /** Where messages hold many things each: what one transaction may hold, beside the batch size. */
  transactionLimit?: {
    sizeOf: (message: IncomingMessage<Event>) => number;
    /** A message that is larger by itself has a transaction of its own. */
    most: number;
  };
  /**
   * Handles the messages in one transaction. They have not been handled before, each id is there once, and
   * their order means nothing. When it throws, the batch is taken apart, and what fails alone is tried again
   * later; where it throws a `MessageFault`, only that message is. A refusal by the rules of the business is a result
   * to be sent, not an error.
   */
  handleBatch(messages: readonly IncomingMessage<Event>[], tx: Transaction<OutgoingMessage>): Promise<void>;
}
