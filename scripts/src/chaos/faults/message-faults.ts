import type { ConsumeMessage } from 'amqplib';
import type { Publication } from '../broker/broker-observer.ts';
import type { SentMessage } from '../watch/store-watch.ts';
import { malformedMessages } from './malformed-messages.ts';
import type { ApplyFault } from './world.ts';

/** The number of latest messages from which the repeated ones are chosen. */
const RECENT = 5_000;
const HELD_BACK = 100;

/** Messages that were sent before are sent again, in any order. */
export const duplicates: ApplyFault = async ({ amount }, { broker, messages, random }) => {
  const chosen = random.shuffle(messages().slice(-RECENT)).slice(0, amount);
  await broker.publish(chosen.map(publicationOf));
  return { met: `${chosen.length} messages` };
};

/** Some of the deliveries are held back for a while, and come afterwards in reverse order. */
export const reorder: ApplyFault = async ({ target: queue, durationMs }, { broker }) => {
  const held: ConsumeMessage[] = [];
  await broker.withChannel(async (channel) => {
    await channel.prefetch(HELD_BACK);
    const { consumerTag } = await channel.consume(queue, (message) => {
      if (message) held.push(message);
    });
    await new Promise((resolve) => setTimeout(resolve, durationMs));
    await channel.cancel(consumerTag);
    for (const { content, properties } of held.toReversed()) {
      channel.sendToQueue(queue, content, { ...properties, persistent: true });
    }
    await channel.waitForConfirms();
    for (const message of held) channel.ack(message);
  });
  return { met: `${held.length} messages of ${queue}` };
};

/** Malformed messages: each must become a dead letter, and none may harm another message. */
export const malformed: ApplyFault = async ({ target: queue, amount, number }, { broker, poison }) => {
  for (const { content, ...entry } of malformedMessages(queue, number, amount)) {
    // Noted before it is sent: without a confirm it may be there or not.
    const noted = { ...entry, confirmed: false };
    poison.push(noted);
    const options = { messageId: entry.id, contentType: 'application/cloudevents+json' };
    await broker.publish([{ exchange: '', routingKey: queue, content: Buffer.from(content), options }]);
    noted.confirmed = true;
  }
  return { met: `${amount} messages in ${queue}` };
};

export function publicationOf(message: SentMessage): Publication {
  const { id, type, exchange, routingKey, mandatory, content } = message;
  const options = { messageId: id, type, mandatory, contentType: 'application/cloudevents+json' };
  return { exchange, routingKey, content: Buffer.from(content), options };
}
