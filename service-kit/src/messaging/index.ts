export {
  createBroadcastListener,
  type BroadcastListener,
  type BroadcastListenerOptions,
} from './broadcast-listener.ts';
export { brokerUrls, brokerVariables } from './broker-urls.ts';
export { CloudEvent, type OutgoingMessage } from './cloud-event.ts';
export type { Consumer, IncomingMessage } from './consumer.ts';
export { createEventPublisher, type EventPublisher, type EventPublisherOptions } from './event-publisher.ts';
export { MessageFault, onBehalfOf } from './message-fault.ts';
export { PublishError, type PublishFailure } from './publisher.ts';
export { createMessaging, type Messaging, type MessagingOptions } from './messaging.ts';
export { deadQueueOf, retryQueueOf, type QueueTopology, type Topology } from './topology.ts';
export { consumerTuning, consumerVariables, outboxVariables, type ConsumerTuning } from './tuning.ts';
export { consumerControls } from './consumer-controls.ts';
export type { ConsumerChange, ConsumerState, QueueConsumer } from './queue-consumer.ts';
export { createTuningFile, type TuningFileOptions } from './tuning-file.ts';
