import type { ConsumeMessage } from 'amqplib';
import { isUtf8 } from 'node:buffer';
import type { Duration } from '../config/index.ts';
import { z, type ZodType } from 'zod';
import { CloudEvent } from './cloud-event.ts';
import type { IncomingMessage } from './consumer.ts';
import { mayBeIllFormed, pathOfIllFormed } from '../http/well-formed.ts';
import { MessageFault } from './message-fault.ts';
import { deadQueueOf, retryQueueOf } from './topology.ts';
import type { BrokerMessage } from './publisher.ts';

/** Headers that describe the failures of a message. Times are Unix milliseconds. */
export const FAILURE_HEADERS = {
  attempt: 'x-attempt',
  /** For programs: `unreadable`, or the code or name of the error. */
  code: 'x-code',
  /** For people. */
  reason: 'x-reason',
  firstFailedAt: 'x-first-failed-at',
  lastFailedAt: 'x-last-failed-at',
} as const;

export type Parsed<Event extends { type: string; data: unknown }> =
  | { ok: true; message: IncomingMessage<Event> }
  | { ok: false; reason: string };

/** Reads a delivery with the consumer's schema; never throws. */
export function parseDelivery<Event extends { type: string; data: unknown }>(
  delivery: ConsumeMessage,
  schema: ZodType<Event>,
): Parsed<Event> {
  if (!isUtf8(delivery.content)) return { ok: false, reason: 'not UTF-8' };
  const text = delivery.content.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'malformed JSON' };
  }
  const illFormed = mayBeIllFormed(text) ? pathOfIllFormed(json) : undefined;
  if (illFormed !== undefined) return { ok: false, reason: `half a surrogate pair at ${illFormed}` };
  const envelope = CloudEvent.safeParse(json);
  if (!envelope.success) return { ok: false, reason: `not a CloudEvent: ${z.prettifyError(envelope.error)}` };
  const event = schema.safeParse(envelope.data);
  if (!event.success) return { ok: false, reason: `unexpected content: ${z.prettifyError(event.error)}` };
  const { id, time, traceparent } = envelope.data;
  return { ok: true, message: { ...event.data, id, time, traceparent, attempt: attemptOf(delivery) } };
}

/** @returns 1 for a message that never failed */
export function attemptOf(delivery: ConsumeMessage): number {
  const value: unknown = delivery.properties.headers?.[FAILURE_HEADERS.attempt];
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 1;
}

/** Why a message could not be handled. */
export interface Failure {
  code: string;
  reason: string;
}

/** @returns code and message of an error */
export function failureOf(error: unknown): Failure {
  if (error instanceof MessageFault) return failureOf(error.cause);
  if (!(error instanceof Error)) return { code: 'unknown', reason: String(error) };
  const code: unknown = 'code' in error ? error.code : undefined;
  return { code: typeof code === 'string' ? code : error.name, reason: error.message };
}

/**
 * Decides where a message that failed alone goes: to the next retry queue, or to the dead-letter queue.
 *
 * @param now Unix milliseconds
 */
export function afterFailure(
  delivery: ConsumeMessage,
  queue: string,
  ladder: readonly Duration[],
  failure: Failure,
  now: number,
): { outcome: 'retried' | 'dead'; copy: BrokerMessage } {
  const step = ladder[attemptOf(delivery) - 1];
  if (!step) return { outcome: 'dead', copy: deadCopy(delivery, queue, failure, now) };
  const copy = copyTo(retryQueueOf(queue, step.label), delivery, failure, now);
  copy.headers = { ...copy.headers, [FAILURE_HEADERS.attempt]: attemptOf(delivery) + 1 };
  return { outcome: 'retried', copy };
}

/** @returns the copy for the dead-letter queue, with reason and times */
export function deadCopy(
  delivery: ConsumeMessage,
  queue: string,
  failure: Failure,
  now: number,
): BrokerMessage {
  return copyTo(deadQueueOf(queue), delivery, failure, now);
}

const LONGEST_REASON = 1_000;

function copyTo(target: string, delivery: ConsumeMessage, failure: Failure, now: number): BrokerMessage {
  const { properties, content } = delivery;
  const first: unknown = properties.headers?.[FAILURE_HEADERS.firstFailedAt];
  return {
    id: String(properties.messageId ?? ''),
    exchange: '',
    routingKey: target,
    content,
    contentType: String(properties.contentType ?? 'application/octet-stream'),
    ...(typeof properties.type === 'string' ? { type: properties.type } : {}),
    mandatory: true,
    headers: {
      [FAILURE_HEADERS.attempt]: attemptOf(delivery),
      [FAILURE_HEADERS.code]: failure.code,
      [FAILURE_HEADERS.reason]: failure.reason.slice(0, LONGEST_REASON),
      [FAILURE_HEADERS.firstFailedAt]: typeof first === 'number' ? first : now,
      [FAILURE_HEADERS.lastFailedAt]: now,
    },
  };
}
