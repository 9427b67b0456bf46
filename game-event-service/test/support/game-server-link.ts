import amqp from 'amqplib';
import { randomUUID } from 'node:crypto';
import { assertContract } from './contracts.ts';
import { needed } from './environment.ts';

export interface GameServerLink extends AsyncDisposable {
  /** Sends activity as a message, and resolves once the broker has it. */
  send(items: readonly unknown[], more?: { id?: string; source?: string; time?: string }): Promise<void>;
  /** Sends any bytes. */
  sendRaw(content: string): Promise<void>;
  /** Messages that wait in a queue. */
  ready(queue: string): Promise<number>;
}

export const ACTIVITY_QUEUE = 'game-event-service.activity';

/** A game server that writes straight to the exchange. */
export async function openGameServerLink(): Promise<GameServerLink> {
  const connection = await amqp.connect(needed('RABBITMQ_URL'));
  const channel = await connection.createConfirmChannel();

  const publish = (content: string, messageId: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const options = { persistent: true, messageId, contentType: 'application/cloudevents+json' };
      channel.publish('laurel.activity', 'activity.recorded', Buffer.from(content), options, (error) => {
        if (error) reject(new Error('RabbitMQ has not taken the message', { cause: error }));
        else resolve();
      });
    });

  return {
    send: async (items, { id = randomUUID(), ...more } = {}) => {
      const type = 'laurel.activity.recorded.v1';
      const event = {
        specversion: '1.0',
        id,
        source: 'game-servers',
        type,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        data: { items },
        ...more,
      };
      await publish(JSON.stringify(event), id);
    },
    sendRaw: (content) => publish(content, randomUUID()),
    ready: async (queue) => (await channel.checkQueue(queue)).messageCount,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

/** A message as {@link GameServerLink.send} makes it keeps to the contract. */
export function assertActivityContract(items: readonly unknown[]): void {
  assertContract('laurel.activity.recorded.v1', {
    specversion: '1.0',
    id: '1',
    source: 'game-servers',
    type: 'laurel.activity.recorded.v1',
    datacontenttype: 'application/json',
    data: { items },
  });
}
