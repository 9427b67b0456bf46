/**
 * Thrown by a handler that knows which message of its batch is at fault. That message alone is set aside, with `cause` as
 * its reason, and the others are handled again together.
 *
 * Source of the idea: `BatchListenerFailedException` of Spring for Apache Kafka.
 */
export class MessageFault extends Error {
  override readonly name = 'MessageFault';
  readonly messageId: string;

  constructor(messageId: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`message ${messageId} cannot be handled: ${reason}`, { cause });
    this.messageId = messageId;
  }
}

/**
 * Runs the part of a handler that is about one message alone.
 *
 * @throws {MessageFault} for any error of `work`
 */
export function onBehalfOf<T>(messageId: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new MessageFault(messageId, error);
  }
}
