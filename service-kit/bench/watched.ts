import type { Channel, ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from '../src/messaging/broker-connection.ts';

/** What a benchmark sees of the consumers that stand on a connection. */
export interface Watched {
  connection: BrokerConnection;
  /** When a delivery came into this process, in milliseconds of `performance.now()`. */
  arrivedAt: (delivery: ConsumeMessage) => number | undefined;
  openChannels: () => number;
}

/** The same connection, whose channels are counted and note when each delivery arrives. */
export function watched(connection: BrokerConnection): Watched {
  const arrivals = new WeakMap<ConsumeMessage, number>();
  let open = 0;

  function watch<Kept extends Channel>(channel: Kept): Kept {
    open += 1;
    channel.once('close', () => (open -= 1));
    const consume = channel.consume.bind(channel);
    channel.consume = (queue, onMessage, options) =>
      consume(
        queue,
        (delivery) => {
          if (delivery) arrivals.set(delivery, performance.now());
          onMessage(delivery);
        },
        options,
      );
    return channel;
  }

  return {
    connection: {
      ...connection,
      keepChannel: (make, use, signal) =>
        connection.keepChannel(async (model) => watch(await make(model)), use, signal),
    },
    arrivedAt: (delivery) => arrivals.get(delivery),
    openChannels: () => open,
  };
}
