import { MongoErrorLabel, type ClientSession, type MongoClient } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { fullJitter } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { isDuplicateKey, StoreTimeoutError } from './mongo-errors.ts';

/** Stores messages beside the state change that causes them. The messaging part implements it. */
export interface TransactionalOutbox<Message, Row> {
  /** Writes the messages as rows inside the transaction. */
  insert(messages: readonly Message[], session: ClientSession): Promise<Row[]>;
  /** Called after the commit, so that the rows are sent at once. */
  committed(rows: readonly Row[]): void;
}

export interface Transaction<Message> {
  session: ClientSession;
  /** Sends messages if and only if this transaction commits. */
  emit(...messages: Message[]): void;
  /** Runs after the commit. A failure is logged and changes nothing. */
  afterCommit(action: () => void | Promise<void>): void;
}

/**
 * Runs `work` in one transaction (snapshot reads, majority writes). `work` may run several times, so all its effects
 * must go through `tx`.
 *
 * @throws {StoreTimeoutError} when transient errors do not end within the time limit
 * @throws what `work` throws; the transaction is then aborted
 */
export type Transact<Message> = <T>(
  work: (tx: Transaction<Message>) => Promise<T>,
  options?: TransactionOptions,
) => Promise<T>;

export interface TransactionOptions {
  /**
   * Runs `work` again when it met a duplicate key, at most twice more. For work that reads first whether the key is
   * free: a duplicate then means that another instance was faster, and the next run reads what that one wrote.
   * Default false.
   */
  retryOnDuplicateKey?: boolean;
}

export interface TransactOptions<Message, Row> {
  client: MongoClient;
  outbox: TransactionalOutbox<Message, Row>;
  logger: Logger;
  /** No new attempt begins after this time, in milliseconds. Default 10,000. */
  timeoutMs?: number;
  /** Uniform in [0, 1). */
  random?: () => number;
}

/** A transaction that is repeated at once meets the same conflict until the other one has committed. */
const BACKOFF = { firstMs: 10, longestMs: 100 };

/** A key that is still taken after this many repetitions will not become free. */
const MOST_DUPLICATES = 2;

/** Makes the function through which a service changes state and sends messages. */
export function createTransact<Message, Row>(options: TransactOptions<Message, Row>): Transact<Message> {
  const { client, outbox, logger, timeoutMs = 10_000, random = Math.random } = options;

  return async (work, { retryOnDuplicateKey = false } = {}) => {
    const deadline = Date.now() + timeoutMs;
    let attempts = 0;
    let duplicates = 0;
    let rows: Row[] = [];
    let actions: (() => void | Promise<void>)[] = [];

    const result = await client.withSession((session) =>
      session.withTransaction(
        async () => {
          // The driver would retry transient errors for two minutes. No caller waits that long.
          if (attempts++ > 0 && Date.now() > deadline) {
            throw new StoreTimeoutError(`no commit within ${timeoutMs} ms and ${attempts - 1} attempts`);
          }
          if (attempts > 1) await delay(fullJitter(attempts - 2, BACKOFF, random));
          const messages: Message[] = [];
          actions = [];
          try {
            const value = await work({
              session,
              emit: (...more) => void messages.push(...more),
              afterCommit: (action) => void actions.push(action),
            });
            rows = messages.length > 0 ? await outbox.insert(messages, session) : [];
            return value;
          } catch (error) {
            if (retryOnDuplicateKey && isDuplicateKey(error) && duplicates++ < MOST_DUPLICATES) {
              error.addErrorLabel(MongoErrorLabel.TransientTransactionError);
            }
            throw error;
          }
        },
        { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' }, readPreference: 'primary' },
      ),
    );

    if (rows.length > 0) outbox.committed(rows);
    for (const action of actions) {
      Promise.try(action).catch((error: unknown) => {
        logger.warn('An action after the commit failed', { error });
      });
    }
    return result;
  };
}
