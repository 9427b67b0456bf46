import type { Consumer, Messaging, QueueConsumer, QueueTopology } from '../messaging/index.ts';
import type { ConsumerTuning } from '../messaging/tuning.ts';

/** A consumer that also says which messages its queue gets. */
export interface BoundConsumer<Event extends { type: string; data: unknown }> extends Consumer<Event> {
  /**
   * Name the types that this version understands, and no other: a message that no queue takes stays with its sender,
   * and one that no code understands is dead.
   */
  bindings: QueueTopology['bindings'];
}

export interface ConsumerSettings {
  /** Prefix of the environment variables that tune it, for example `REWARD_RESULTS`. */
  variables: string;
  tuning: ConsumerTuning;
}

/** A consumer of a module, with the type of its messages forgotten. */
export interface ModuleConsumer {
  queue: string;
  variables: string;
  topology: QueueTopology;
  consumeWith(messaging: Messaging): QueueConsumer;
}

/** Makes a module's consumer of a queue: data and a function, and how it is tuned. */
export function defineConsumer<Event extends { type: string; data: unknown }>(
  consumer: BoundConsumer<Event>,
  { variables, tuning }: ConsumerSettings,
): ModuleConsumer {
  const { queueType, deliveryLimit, retryDelays } = tuning;
  return {
    queue: consumer.queue,
    variables,
    topology: { bindings: consumer.bindings, type: queueType, deliveryLimit, retryDelays },
    consumeWith: (messaging) => messaging.consume(consumer, tuning),
  };
}
