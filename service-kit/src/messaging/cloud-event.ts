import { z } from 'zod';
import { jsonText } from '../http/well-formed.ts';

/** Content type of structured CloudEvents in JSON. */
export const CLOUD_EVENT_CONTENT_TYPE = 'application/cloudevents+json';

/** A message that a service wants to send. */
export interface OutgoingMessage {
  /** CloudEvents `type`, for example `laurel.reward.requested.v1`. */
  type: string;
  exchange: string;
  routingKey: string;
  data: object;
  /** CloudEvents `subject`, for people and filters. */
  subject?: string;
  /** W3C trace context of the request that caused it. */
  traceparent?: string;
  /** Whether a message without a bound queue counts as not sent. Default true. */
  mandatory?: boolean;
}

/**
 * The parts of a CloudEvents 1.0 envelope in JSON that a consumer needs. Extensions are allowed.
 * Source: CloudEvents 1.0.2, "JSON Event Format".
 */
export const CloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(256),
  source: z.string().min(1),
  type: z.string().min(1),
  time: z.iso.datetime({ offset: true }).optional(),
  subject: z.string().optional(),
  traceparent: z.string().optional(),
  data: z.unknown(),
});
export type CloudEvent = z.infer<typeof CloudEvent>;

/** @returns the message as the JSON text of a structured CloudEvent. */
export function encodeCloudEvent(
  message: OutgoingMessage,
  envelope: { id: string; source: string; time: Date },
): string {
  return jsonText({
    specversion: '1.0',
    id: envelope.id,
    source: envelope.source,
    type: message.type,
    time: envelope.time.toISOString(),
    subject: message.subject,
    datacontenttype: 'application/json',
    traceparent: message.traceparent,
    data: message.data,
  });
}
