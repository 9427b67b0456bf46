import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import amqp from 'amqplib';

/** Sends messages to the broker as auth-service does. */
export interface Broker {
  /** Sends `laurel.sessions.revoked.v1` to every gateway. */
  revoke(data: object, envelope?: object): void;
  /** Sends any bytes to the exchange of revocations. */
  send(bytes: string): void;
  close(): Promise<void>;
}

export function brokerUrl(): string {
  const url = process.env['RABBITMQ_URL'];
  if (!url) throw new Error('RABBITMQ_URL is not set: these tests need a real broker');
  return url;
}

export async function openBroker(): Promise<Broker> {
  const connection = await amqp.connect(brokerUrl());
  const channel = await connection.createChannel();
  await channel.assertExchange('laurel.accounts', 'topic', { durable: true });
  const send = (bytes: string) =>
    void channel.publish('laurel.accounts', 'sessions.revoked', Buffer.from(bytes));
  return {
    send,
    revoke: (data, envelope) =>
      send(
        JSON.stringify({
          specversion: '1.0',
          id: randomUUID(),
          source: 'auth-service',
          type: 'laurel.sessions.revoked.v1',
          time: new Date().toISOString(),
          datacontenttype: 'application/json',
          data,
          ...envelope,
        }),
      ),
    close: () => connection.close(),
  };
}

/** The receiving queue of a publish route. */
export interface ActivityQueue {
  /** Takes the next message; undefined if there is none. */
  take(): Promise<TakenMessage | undefined>;
  /** Creates the queue again: bound or not, or full. */
  declare(options?: { bound?: boolean; full?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface TakenMessage {
  properties: { messageId: unknown; type: unknown; contentType: unknown; deliveryMode: unknown };
  event: Record<string, unknown>;
}

export async function openActivityQueue(): Promise<ActivityQueue> {
  const connection = await amqp.connect(brokerUrl());
  const channel = await connection.createChannel();
  await channel.assertExchange('laurel.activity', 'topic', { durable: true });
  const queue = `test-activity-${randomUUID()}`;
  return {
    async declare({ bound = true, full = false } = {}) {
      await channel.deleteQueue(queue);
      const limits = full ? { 'x-max-length': 0, 'x-overflow': 'reject-publish' } : {};
      await channel.assertQueue(queue, { durable: true, arguments: limits });
      if (bound) await channel.bindQueue(queue, 'laurel.activity', 'activity.recorded');
    },
    async take() {
      const message = await channel.get(queue, { noAck: true });
      if (!message) return undefined;
      const event = JSON.parse(message.content.toString()) as Record<string, unknown>;
      return { properties: message.properties, event };
    },
    async close() {
      await channel.deleteQueue(queue);
      await connection.close();
    },
  };
}

export interface CuttableLink {
  url: string;
  /** Resets its connections, and refuses new ones until `mend`. */
  breakOff(): void;
  mend(): void;
  close(): Promise<void>;
}

/** A TCP link to the broker that a test can break. */
export async function cuttableLink(): Promise<CuttableLink> {
  const target = new URL(brokerUrl());
  const sockets = new Set<Socket>();
  let broken = false;
  const server = createServer((near) => {
    if (broken) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' && address ? address.port : 0);
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: url.href,
    breakOff: () => {
      broken = true;
      cut();
    },
    mend: () => {
      broken = false;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
