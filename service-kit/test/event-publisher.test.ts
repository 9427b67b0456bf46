import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createEventPublisher, type EventPublisher } from '../src/messaging/index.ts';
import { cuttableLink, recordingLogger, servers, unique, type CuttableLink } from './servers.ts';

let observer: ChannelModel;
let channel: Channel;
let link: CuttableLink;
let exchange: string;
let queue: string;
let publisher: EventPublisher;
const { logger } = recordingLogger();
const eventually = { timeout: 20_000, interval: 50 };

beforeAll(async () => {
  observer = await amqp.connect(servers.rabbitmq);
});
afterAll(() => observer.close());

beforeEach(async () => {
  channel = await observer.createChannel();
  link = await cuttableLink(servers.rabbitmq);
  exchange = unique('exchange');
  queue = unique('queue');
  publisher = createEventPublisher({ name: 'test:publish', urls: [link.url], window: 10, logger });
  await publisher.start();
  await vi.waitUntil(() => publisher.isReady(), eventually);
});
afterEach(async () => {
  await publisher.stop();
  await link.close();
  await channel.deleteQueue(queue);
  await channel.deleteExchange(exchange);
  await channel.close();
});

const publish = (id: string) =>
  publisher.publish(
    { type: 'test.happened.v1', exchange, routingKey: 'happened', data: { n: 1 } },
    { id, source: 'cli_1', time: new Date(0) },
  );

async function declare(queueArguments: Record<string, unknown> = {}): Promise<void> {
  await channel.assertExchange(exchange, 'topic');
  await channel.assertQueue(queue, { arguments: queueArguments });
  await channel.bindQueue(queue, exchange, 'happened');
}

it('a sent event is in its queue, with its source', async () => {
  await declare();
  await publish('m1');
  const message = await channel.get(queue, { noAck: true });
  if (!message) throw new Error('the queue is empty');
  expect(message.properties).toMatchObject({
    messageId: 'm1',
    type: 'test.happened.v1',
    contentType: 'application/cloudevents+json',
    deliveryMode: 2,
  });
  expect(JSON.parse(message.content.toString())).toEqual({
    specversion: '1.0',
    id: 'm1',
    source: 'cli_1',
    type: 'test.happened.v1',
    time: '1970-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    data: { n: 1 },
  });
});

it('an event fails without a queue, with a full queue, without an exchange, and without a broker', async () => {
  await channel.assertExchange(exchange, 'topic');
  await expect(publish('m1')).rejects.toMatchObject({ code: 'returned' });
  await declare({ 'x-max-length': 0, 'x-overflow': 'reject-publish' });
  await expect(publish('m2')).rejects.toMatchObject({ code: 'nacked' });

  await channel.deleteExchange(exchange);
  await expect(publish('m3')).rejects.toMatchObject({ code: 'closed' });
  await channel.deleteQueue(queue);
  await declare();
  await expect.poll(() => publisher.isReady(), eventually).toBe(true);
  await publish('m4');

  link.breakOff();
  link.cut();
  await expect.poll(() => publisher.isReady(), eventually).toBe(false);
  await expect(publish('m5')).rejects.toMatchObject({ code: 'unavailable' });
  link.mend();
  await expect.poll(() => publisher.isReady(), eventually).toBe(true);
  await publish('m6');
});
