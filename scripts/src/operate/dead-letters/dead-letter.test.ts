import type { ConsumeMessage } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { matches, readDeadLetter } from './dead-letter.ts';

function message(
  content: string,
  headers: Record<string, unknown> = {},
  properties: object = {},
): ConsumeMessage {
  return {
    content: Buffer.from(content),
    properties: { headers, ...properties },
  } as unknown as ConsumeMessage;
}

const event = JSON.stringify({
  id: 'm1',
  type: 'laurel.reward.requested.v1',
  time: '2026-11-21T10:00:00Z',
  data: { accountId: 'acc_1' },
});
const headers = {
  'x-code': 'TypeError',
  'x-reason': 'boom',
  'x-attempt': 5,
  'x-first-failed-at': 1_000,
  'x-last-failed-at': 61_000,
};

describe('readDeadLetter', () => {
  it('tells what it is, whose it is, and why it is dead', () => {
    expect(readDeadLetter(message(event, headers, { messageId: 'm1' }))).toEqual({
      messageId: 'm1',
      type: 'laurel.reward.requested.v1',
      accountId: 'acc_1',
      code: 'TypeError',
      reason: 'boom',
      attempts: 5,
      madeAt: new Date('2026-11-21T10:00:00Z'),
      firstFailedAt: new Date(1_000),
      lastFailedAt: new Date(61_000),
      content: event,
    });
  });

  it('makes do with content that is not JSON', () => {
    expect(readDeadLetter(message('{', { 'x-code': 'unreadable' }))).toMatchObject({
      messageId: '',
      type: undefined,
      code: 'unreadable',
      content: '{',
    });
  });

  it('takes over the reason of the broker where it was the broker that gave up', () => {
    expect(readDeadLetter(message(event, { 'x-first-death-reason': 'delivery_limit' }))).toMatchObject({
      messageId: 'm1',
      code: 'delivery_limit',
    });
  });
});

describe('matches', () => {
  const letter = readDeadLetter(message(event, headers));
  const now = 61_000 + 3_600_000;

  it.each([
    [{}, true],
    [{ id: 'm1' }, true],
    [{ id: 'm2' }, false],
    [{ type: 'laurel.reward.requested.v1', code: 'TypeError', account: 'acc_1' }, true],
    [{ account: 'acc_2' }, false],
    [{ code: 'unreadable' }, false],
    [{ olderMs: 3_600_000 }, true],
    [{ olderMs: 3_600_001 }, false],
    [{ newerMs: 3_600_000 }, true],
    [{ newerMs: 3_599_999 }, false],
  ])('asks for all that the filter names: %o', (filter, expected) => {
    expect(matches(letter, filter, now)).toBe(expected);
  });
});
