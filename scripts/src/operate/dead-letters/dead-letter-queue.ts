import amqp, { type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../console/user-error.ts';
import { readDeadLetter, type DeadLetter } from './dead-letter.ts';

/** What to do with a letter: `keep` puts it back. */
export type Verdict = 'keep' | 'replay' | 'drop';

export interface WalkOptions {
  /** AMQP URL. */
  url: string;
  /** The work queue whose dead letters are meant. */
  queue: string;
  /** Replays and drops a second at most. */
  rate?: number;
  /** Decides on one letter at a time. */
  judge: (letter: DeadLetter) => Promise<Verdict> | Verdict;
  /** Called afterwards. */
  onDone?: (letter: DeadLetter, verdict: Verdict) => Promise<void> | void;
}

// Letters that are kept stay unacknowledged until the end, so there is no limit of unacknowledged letters.
const NO_LIMIT = 0;

/**
 * Walks over the dead letters that are in the queue now, one at a time. It leaves later ones alone, so it ends even
 * while new ones arrive. A replay publishes a confirmed copy to the work queue, and only then removes the letter: an
 * interrupted walk loses nothing. The copy keeps its message id, so that a handler that has seen it ignores it. Its
 * retries start again.
 *
 * @returns how many letters were judged
 * @throws {UserError} when there is no such queue
 */
export async function walkDeadLetters(options: WalkOptions): Promise<number> {
  const { url, queue, rate, judge, onDone } = options;
  const connection = await amqp.connect(url);
  connection.on('error', () => undefined);
  try {
    const count = await countOf(connection, queue);
    if (count === 0) return 0;
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    let judged = 0;
    for await (const message of deliveries(channel, `${queue}.dead`, count)) {
      const letter = readDeadLetter(message);
      const verdict = await judge(letter);
      if (verdict === 'replay') await copyBack(channel, queue, message);
      if (verdict !== 'keep') {
        channel.ack(message);
        if (rate !== undefined) await delay(1_000 / rate);
      }
      await onDone?.(letter, verdict);
      judged += 1;
    }
    // Closing puts back what was kept, in its old order.
    await channel.close();
    return judged;
  } finally {
    await connection.close().catch(() => undefined);
  }
}

async function countOf(connection: amqp.ChannelModel, queue: string): Promise<number> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    return (await channel.checkQueue(`${queue}.dead`)).messageCount;
  } catch (error) {
    throw new UserError(
      `There is no queue ${queue}.dead on this broker: is ${queue} the name of a work queue?`,
      {
        cause: error,
      },
    );
  }
}

/** The next `count` messages, without acknowledging any. */
async function* deliveries(
  channel: ConfirmChannel,
  queue: string,
  count: number,
): AsyncGenerator<ConsumeMessage> {
  const waiting: ConsumeMessage[] = [];
  const wake = new EventTarget();
  let ended = false;
  const end = (): void => {
    ended = true;
    wake.dispatchEvent(new Event('message'));
  };
  channel.once('close', end);
  await channel.prefetch(NO_LIMIT);
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (!message) return end();
    waiting.push(message);
    wake.dispatchEvent(new Event('message'));
  });
  for (let given = 0; given < count; given += 1) {
    while (waiting.length === 0) {
      if (ended)
        throw new Error(`the broker ended the walk over ${queue} after ${given} of ${count} letters`);
      await once(wake, 'message');
    }
    const [next] = waiting.splice(0, 1);
    if (next) yield next;
  }
  await channel.cancel(consumerTag);
}

async function copyBack(channel: ConfirmChannel, queue: string, message: ConsumeMessage): Promise<void> {
  const { messageId, contentType, type } = message.properties;
  const returned = new Set<unknown>();
  const onReturn = (back: amqp.Message): void => void returned.add(back.properties.messageId);
  channel.on('return', onReturn);
  try {
    await new Promise<void>((resolve, reject) => {
      const options = { persistent: true, mandatory: true, messageId, contentType, type };
      channel.publish('', queue, message.content, options, (error: unknown) => {
        if (error) reject(new Error('the broker refused a replayed letter', { cause: error }));
        else resolve();
      });
    });
  } finally {
    channel.off('return', onReturn);
  }
  if (returned.has(messageId)) throw new UserError(`There is no work queue ${queue} to replay into.`);
}
