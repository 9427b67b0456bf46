import { connect, type ConfirmChannel, type GetMessage, type Options } from 'amqplib';
import { z } from 'zod';
import { VIRTUAL_HOST } from '../../backing-services/rabbitmq-definitions.ts';
import type { Server } from '../../processes/server.ts';
import { rabbitmqctl } from './rabbitmqctl.ts';

export interface Binding {
  exchange: string;
  queue: string;
  routingKey: string;
}

export interface QueueDepth {
  name: string;
  ready: number;
  /** Delivered and not acknowledged. */
  unacknowledged: number;
}

export interface Publication {
  exchange: string;
  routingKey: string;
  content: Buffer;
  options: Options.Publish;
}

const CONNECT_TIMEOUT_MS = 5_000;
const UNCONFIRMED = 200;

const BindingRows = z.array(
  z.object({ source_name: z.string(), destination_name: z.string(), routing_key: z.string() }),
);
const QueueRows = z.array(
  z.object({ name: z.string(), messages_ready: z.number(), messages_unacknowledged: z.number() }),
);

/** Reads from the broker and publishes to it, past all links. */
export class BrokerObserver {
  readonly nodes: readonly Server[];
  readonly #urls: readonly string[];

  constructor(urls: readonly string[], nodes: readonly Server[]) {
    this.#urls = urls;
    this.nodes = nodes;
  }

  /** A confirm channel for as long as `work` takes, at the first node that answers. */
  async withChannel<Result>(work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result> {
    const connection = await this.#connect();
    connection.on('error', () => {});
    try {
      const channel = await connection.createConfirmChannel();
      const broken = new Promise<never>((_, reject) => channel.once('error', reject));
      return await Promise.race([work(channel), broken]);
    } finally {
      await connection.close().catch(() => {});
    }
  }

  /** Resolves when the broker has taken all of them; a message that no queue takes is an error. */
  async publish(publications: Iterable<Publication>): Promise<void> {
    await this.withChannel(async (channel) => {
      let returned = 0;
      channel.on('return', () => (returned += 1));
      let unconfirmed = 0;
      for (const { exchange, routingKey, content, options } of publications) {
        channel.publish(exchange, routingKey, content, { persistent: true, mandatory: true, ...options });
        unconfirmed += 1;
        if (unconfirmed < UNCONFIRMED) continue;
        await channel.waitForConfirms();
        unconfirmed = 0;
      }
      await channel.waitForConfirms();
      if (returned > 0) throw new Error(`${returned} messages came back, because no queue took them`);
    });
  }

  /** What the bindings of the system's own queues are. */
  async bindings(): Promise<Binding[]> {
    const columns = ['source_name', 'destination_name', 'routing_key'];
    const rows = BindingRows.parse(await this.#list('list_bindings', columns));
    return rows
      .filter(({ source_name: source }) => source !== '')
      .map((row) => ({
        exchange: row.source_name,
        queue: row.destination_name,
        routingKey: row.routing_key,
      }));
  }

  async depths(): Promise<QueueDepth[]> {
    const columns = ['name', 'messages_ready', 'messages_unacknowledged'];
    const rows = QueueRows.parse(await this.#list('list_queues', columns));
    return rows.map((row) => ({
      name: row.name,
      ready: row.messages_ready,
      unacknowledged: row.messages_unacknowledged,
    }));
  }

  /** How many messages wait in these queues together. */
  async waiting(queues: readonly string[]): Promise<number> {
    return this.withChannel(async (channel) => {
      let sum = 0;
      for (const queue of queues) sum += (await channel.checkQueue(queue)).messageCount;
      return sum;
    });
  }

  /** Looks at every message of a queue and leaves it there. */
  async look(queue: string): Promise<GetMessage[]> {
    return this.withChannel(async (channel) => {
      const messages: GetMessage[] = [];
      for (;;) {
        const message = await channel.get(queue);
        if (message === false) return messages;
        messages.push(message);
      }
    });
  }

  async #connect(): ReturnType<typeof connect> {
    let reason: unknown;
    for (const url of this.#urls) {
      try {
        return await connect(url, { timeout: CONNECT_TIMEOUT_MS });
      } catch (error) {
        reason = error;
      }
    }
    throw reason;
  }

  async #list(command: string, columns: string[]): Promise<unknown> {
    let reason: unknown;
    for (const node of this.nodes) {
      try {
        return JSON.parse(
          await rabbitmqctl(node, command, '-p', VIRTUAL_HOST, '--formatter', 'json', ...columns),
        );
      } catch (error) {
        reason = error;
      }
    }
    throw reason;
  }
}
