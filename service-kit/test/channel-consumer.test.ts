import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openChannelConsumer, type ChannelConsumer } from '../src/messaging/channel-consumer.ts';
import { servers, unique } from './servers.ts';

const queue = unique('queue');
let model: ChannelModel;
let sender: Channel;
let consumer: ChannelConsumer;

beforeAll(async () => {
  model = await amqp.connect(servers.rabbitmq);
  sender = await model.createChannel();
  await sender.assertQueue(queue, { exclusive: true });
});
afterAll(async () => {
  await consumer.drain();
  await model.close();
});

function send(count: number): void {
  for (let sent = 0; sent < count; sent += 1) sender.sendToQueue(queue, Buffer.from('x'));
}

it('a batch that is not full lingers for more messages, also right after another', async () => {
  const sizes: number[] = [];
  const { promise: isHandling, resolve: handles } = Promise.withResolvers<void>();
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  consumer = await openChannelConsumer({
    channel: await model.createChannel(),
    queue,
    prefetch: 100,
    batchSize: 10,
    lingerMs: 1_000,
    handle: async (deliveries) => {
      sizes.push(deliveries.length);
      handles();
      await mayEnd;
    },
    onBatch: () => undefined,
    onFailure: (error) => expect.unreachable(String(error)),
  });

  send(13);
  await isHandling;
  await expect.poll(() => consumer.inHand()).toBe(13);
  end();
  await expect.poll(() => consumer.inHand()).toBe(3);
  send(7);

  await expect.poll(() => sizes).toEqual([10, 10]);
});
