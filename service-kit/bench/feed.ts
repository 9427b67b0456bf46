import amqp from 'amqplib';
import { randomUUID } from 'node:crypto';
import { CLOUD_EVENT_CONTENT_TYPE, encodeCloudEvent } from '../src/messaging/cloud-event.ts';
import { createPublisher } from '../src/messaging/publisher.ts';
import { deadQueueOf } from '../src/messaging/topology.ts';
import { connectBroker, QUEUE, ROUTE, type Stage, workData } from './stage.ts';

const WINDOW = 2_000;

/** Fills and inspects the queue of a benchmark. */
export interface Feed {
  /** Publishes until `level` messages wait. Returns how many were published since the start. */
  fill(level: number): Promise<number>;
  purge(): Promise<void>;
  waiting(): Promise<number>;
  /** Takes the dead letters. Returns the reason of each. */
  takeDead(): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startFeed(stage: Stage): Promise<Feed> {
  const connection = await connectBroker(stage, 'bench:feed');
  const publisher = createPublisher({ connection, window: WINDOW, logger: stage.logger });
  const ready = new Promise<void>((resolve) => publisher.onReady(resolve));
  await publisher.start();
  await ready;
  // The kit's channels serve what services do; a service does not inspect queues.
  const model = await amqp.connect(stage.urls[0] ?? '');
  const observer = await model.createChannel();
  await observer.purgeQueue(QUEUE);
  await observer.purgeQueue(deadQueueOf(QUEUE));
  let published = 0;

  async function publish(count: number): Promise<void> {
    const numbers = Array.from({ length: count }, () => published++);
    await Promise.all(
      numbers.map((n) => {
        const id = randomUUID();
        const message = { type: 'bench.work.v1', ...ROUTE, data: workData(n) };
        const content = encodeCloudEvent(message, { id, source: 'bench', time: new Date() });
        return publisher.publish({
          id,
          ...ROUTE,
          type: message.type,
          mandatory: true,
          contentType: CLOUD_EVENT_CONTENT_TYPE,
          content: Buffer.from(content),
        });
      }),
    );
  }

  const waiting = async (): Promise<number> => (await observer.checkQueue(QUEUE)).messageCount;

  return {
    fill: async (level) => {
      for (let missing = level - (await waiting()); missing > 0; missing -= WINDOW) {
        await publish(Math.min(missing, WINDOW));
      }
      return published;
    },
    purge: async () => void (await observer.purgeQueue(QUEUE)),
    waiting,
    takeDead: async () => {
      const reasons: string[] = [];
      for (;;) {
        const dead = await observer.get(deadQueueOf(QUEUE));
        if (!dead) return reasons;
        reasons.push(String(dead.properties.headers?.['x-reason']));
        observer.ack(dead);
      }
    },
    stop: async () => {
      await publisher.stop();
      await model.close();
      await connection.close();
    },
  };
}
