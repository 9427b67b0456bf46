import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createBroadcastListener, type BroadcastListener } from '../src/messaging/index.ts';
import { cuttableLink, recordingLogger, servers, unique, type CuttableLink } from './servers.ts';

const Happened = z.object({ type: z.literal('test.happened.v1'), data: z.object({ n: z.number() }) });
const ROUTING_KEY = 'happened';

let observer: ChannelModel;
let channel: Channel;
let link: CuttableLink;
let exchange: string;
let listeners: BroadcastListener[];
const { logger, lines } = recordingLogger();

beforeAll(async () => {
  observer = await amqp.connect(servers.rabbitmq);
});
afterAll(() => observer.close());

beforeEach(async () => {
  channel = await observer.createChannel();
  link = await cuttableLink(servers.rabbitmq);
  exchange = unique('exchange');
  listeners = [];
  lines.length = 0;
});

afterEach(async () => {
  for (const listener of listeners) await listener.stop();
  await link.close();
  await channel.deleteExchange(exchange);
  await channel.close();
});

interface Heard {
  listener: BroadcastListener;
  numbers: number[];
  timesBound: () => number;
}

async function listen(more: { urls?: string[]; onMessage?: (n: number) => void } = {}): Promise<Heard> {
  const numbers: number[] = [];
  let timesBound = 0;
  const listener = createBroadcastListener({
    name: 'test',
    urls: more.urls ?? [link.url],
    exchange,
    routingKey: ROUTING_KEY,
    schema: Happened,
    onMessage: ({ data: { n } }) => {
      numbers.push(n);
      more.onMessage?.(n);
    },
    onBound: () => {
      timesBound += 1;
    },
    logger,
    startTimeoutMs: 5_000,
  });
  listeners.push(listener);
  await listener.start();
  return { listener, numbers, timesBound: () => timesBound };
}

function tell(n: unknown, routingKey = ROUTING_KEY): void {
  const event = {
    specversion: '1.0',
    id: unique('msg'),
    source: 'test',
    type: 'test.happened.v1',
    data: { n },
  };
  tellBytes(JSON.stringify(event), routingKey);
}

function tellBytes(bytes: string, routingKey = ROUTING_KEY): void {
  channel.publish(exchange, routingKey, Buffer.from(bytes));
}

describe('a broadcast listener', () => {
  it('receives every message of its routing key, beside other listeners', async () => {
    const one = await listen();
    const other = await listen();
    tell(1);
    tell(2, 'something.else');
    tell(3);
    await expect
      .poll(() => [one.numbers, other.numbers])
      .toEqual([
        [1, 3],
        [1, 3],
      ]);
    expect(one.listener.isBound()).toBe(true);
  });

  it('leaves no queue behind', async () => {
    const { listener } = await listen();
    tell(1);
    await listener.stop();
    expect(listener.isBound()).toBe(false);
    const returned = new Promise((resolve) => channel.once('return', resolve));
    channel.publish(exchange, ROUTING_KEY, Buffer.from('{}'), { mandatory: true });
    await returned;
  });

  it('has a new queue after each lost connection, and calls onBound', async () => {
    const { listener, numbers, timesBound } = await listen();
    expect(timesBound()).toBe(1);
    link.breakOff();
    await expect.poll(() => listener.isBound()).toBe(false);
    tell(1);
    link.mend();
    await expect.poll(timesBound, { timeout: 15_000 }).toBe(2);
    tell(2);
    await expect.poll(() => numbers).toEqual([2]);
  });

  it('declares the exchange again when it is gone', async () => {
    const { numbers, timesBound } = await listen();
    await channel.deleteExchange(exchange);
    link.cut();
    await expect.poll(timesBound, { timeout: 15_000 }).toBe(2);
    tell(1);
    await expect.poll(() => numbers).toEqual([1]);
  });

  it('starts without the broker, and binds when it is available', async () => {
    link.breakOff();
    const listener = createBroadcastListener({
      name: 'test',
      urls: [link.url],
      exchange,
      routingKey: ROUTING_KEY,
      schema: Happened,
      onMessage: () => undefined,
      onBound: () => undefined,
      logger,
      startTimeoutMs: 50,
    });
    listeners.push(listener);
    await listener.start();
    expect(listener.isBound()).toBe(false);
    link.mend();
    await expect.poll(() => listener.isBound(), { timeout: 15_000 }).toBe(true);
  });

  it('stops while the broker is unavailable', async () => {
    const { listener } = await listen();
    link.breakOff();
    await expect.poll(() => listener.isBound()).toBe(false);
    await listener.stop();
    expect(listener.isBound()).toBe(false);
  });

  it('goes to another node when one is unavailable', async () => {
    const dead = await cuttableLink(servers.rabbitmq);
    dead.breakOff();
    const { numbers } = await listen({ urls: [dead.url, link.url] });
    await expect.poll(() => listeners[0]?.isBound(), { timeout: 15_000 }).toBe(true);
    tell(1);
    await expect.poll(() => numbers).toEqual([1]);
    await dead.close();
  });

  it('drops and logs an unreadable message, and receives later ones', async () => {
    const { numbers } = await listen();
    tellBytes('not JSON');
    tellBytes('{"specversion":"1.0"}');
    tell('one');
    tellBytes('');
    tell(2);
    await expect.poll(() => numbers).toEqual([2]);
    const dropped = lines.filter(({ message }) => message === 'Broadcast dropped: unreadable');
    expect(dropped.map(({ reason }) => String(reason).split(':', 1)[0])).toEqual([
      'malformed JSON',
      'not a CloudEvent',
      'unexpected content',
      'malformed JSON',
    ]);
  });

  it('goes on after a listener that throws', async () => {
    const { numbers } = await listen({
      onMessage: (n) => {
        if (n === 1) throw new Error('broken');
      },
    });
    tell(1);
    tell(2);
    await expect.poll(() => numbers).toEqual([1, 2]);
    expect(lines.map(({ message }) => message)).toContain('Broadcast handler failed');
  });
});
