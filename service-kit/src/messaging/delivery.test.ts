import type { ConsumeMessage } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeCloudEvent } from './cloud-event.ts';
import { afterFailure, deadCopy, failureOf, parseDelivery } from './delivery.ts';
import { MessageFault } from './message-fault.ts';

const Event = z.object({ type: z.literal('test.happened.v1'), data: z.object({ n: z.number() }) });
const ladder = [
  { label: '5s', ms: 5_000 },
  { label: '30s', ms: 30_000 },
];

const boom = failureOf(new Error('boom'));

function delivery(content: string | Buffer, headers: Record<string, unknown> = {}): ConsumeMessage {
  return {
    content: typeof content === 'string' ? Buffer.from(content) : content,
    fields: { deliveryTag: 1, redelivered: false, exchange: 'x', routingKey: 'k', consumerTag: 'c' },
    properties: {
      messageId: 'm1',
      type: 'test.happened.v1',
      contentType: 'application/cloudevents+json',
      headers,
    },
  } as unknown as ConsumeMessage;
}

const envelope = {
  specversion: '1.0',
  id: 'm1',
  source: 's',
  type: 'test.happened.v1',
  data: { n: 1, more: true },
};

describe('parseDelivery', () => {
  it('gives the handler the parts in its schema, and the envelope', () => {
    const parsed = parseDelivery(delivery(JSON.stringify({ ...envelope, traceparent: 't' })), Event);
    expect(parsed).toEqual({
      ok: true,
      message: { id: 'm1', type: 'test.happened.v1', data: { n: 1 }, traceparent: 't', attempt: 1 },
    });
  });

  it.each([
    ['malformed JSON', '{'],
    ['not UTF-8', Buffer.from(JSON.stringify({ ...envelope, subject: 'é' }), 'latin1')],
    ['half a surrogate pair at data.name', JSON.stringify({ ...envelope, data: { n: 1, name: '\uD800' } })],
    ['half a surrogate pair at data.n\uFFFD', JSON.stringify({ ...envelope, data: { 'n\uD800': 1 } })],
    ['not a CloudEvent', '[]'],
    ['not a CloudEvent', JSON.stringify({ ...envelope, id: undefined })],
    ['not a CloudEvent', JSON.stringify({ ...envelope, specversion: '0.3' })],
    ['unexpected content', JSON.stringify({ ...envelope, type: 'other.v1' })],
    ['unexpected content', JSON.stringify({ ...envelope, data: { n: 'one' } })],
  ])('names the problem: %s', (reason, content) => {
    const parsed = parseDelivery(delivery(content), Event);
    expect(parsed).toMatchObject({ ok: false, reason: expect.stringContaining(reason) as string });
  });
});

it('the cause of a message fault is the reason', () => {
  const cause = Object.assign(new RangeError('too large'), { code: 'balance_too_large' });
  expect(failureOf(new MessageFault('m1', cause))).toEqual({
    code: 'balance_too_large',
    reason: 'too large',
  });
});

describe('afterFailure', () => {
  it('sends a first failure to the first retry queue as attempt 2', () => {
    const { outcome, copy } = afterFailure(delivery('{}'), 'work', ladder, boom, 1_000);
    expect(outcome).toBe('retried');
    expect(copy).toMatchObject({
      id: 'm1',
      exchange: '',
      routingKey: 'work.retry.5s',
      mandatory: true,
      headers: {
        'x-attempt': 2,
        'x-code': 'Error',
        'x-reason': 'boom',
        'x-first-failed-at': 1_000,
        'x-last-failed-at': 1_000,
      },
    });
  });

  it('goes to the next retry queue and keeps the time of the first failure', () => {
    const second = delivery('{}', { 'x-attempt': 2, 'x-first-failed-at': 5 });
    expect(afterFailure(second, 'work', ladder, boom, 9).copy).toMatchObject({
      routingKey: 'work.retry.30s',
      headers: { 'x-attempt': 3, 'x-first-failed-at': 5, 'x-last-failed-at': 9 },
    });
  });

  it('dead-letters a message after the last retry', () => {
    const last = delivery('{}', { 'x-attempt': 3, 'x-first-failed-at': 5 });
    const { outcome, copy } = afterFailure(last, 'work', ladder, boom, 9);
    expect(outcome).toBe('dead');
    expect(copy).toMatchObject({ routingKey: 'work.dead', headers: { 'x-attempt': 3, 'x-reason': 'boom' } });
  });

  it('begins again when the attempt header is invalid', () => {
    expect(
      afterFailure(delivery('{}', { 'x-attempt': 'many' }), 'work', ladder, boom, 1).copy.routingKey,
    ).toBe('work.retry.5s');
  });
});

describe('failureOf', () => {
  it('uses the code of an error, or else its name', () => {
    expect(failureOf(Object.assign(new Error('no'), { code: 'account_unknown' }))).toEqual({
      code: 'account_unknown',
      reason: 'no',
    });
    expect(failureOf(new TypeError('not a number'))).toEqual({ code: 'TypeError', reason: 'not a number' });
    expect(failureOf('thrown text')).toEqual({ code: 'unknown', reason: 'thrown text' });
  });
});

describe('deadCopy', () => {
  it('keeps content and id, and shortens a long reason', () => {
    const copy = deadCopy(delivery('{"a":1}'), 'work', { code: 'unreadable', reason: 'x'.repeat(5_000) }, 1);
    expect(copy.id).toBe('m1');
    expect(copy.content.toString()).toBe('{"a":1}');
    expect(String(copy.headers?.['x-reason'])).toHaveLength(1_000);
  });
});

it('a stored text with half a surrogate pair is sent as text that every consumer can read', () => {
  const message = {
    type: 'test.happened.v1',
    exchange: 'x',
    routingKey: 'k',
    data: { n: 1, '\uD800': 'a\uDC00' },
  };
  const content = encodeCloudEvent(message, { id: 'm1', source: 's', time: new Date(0) });
  expect(JSON.parse(content)).toMatchObject({ data: { n: 1, '\uFFFD': 'a\uFFFD' } });
  expect(parseDelivery(delivery(content), Event).ok).toBe(true);
});
