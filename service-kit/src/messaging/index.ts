export { CloudEvent, type OutgoingMessage } from './cloud-event.ts';
export type { Consumer, IncomingMessage } from './consumer.ts';
export { createMessaging, type Messaging, type MessagingOptions } from './messaging.ts';
export { deadQueueOf, retryQueueOf, type QueueTopology, type Topology } from './topology.ts';
export { consumerTuning, consumerVariables, outboxVariables, type ConsumerTuning } from './tuning.ts';
