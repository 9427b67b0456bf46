import type { ConsumeMessage } from 'amqplib';

/** A dead letter. Its content may be anything, so most fields can be missing. */
export interface DeadLetter {
  messageId: string;
  /** CloudEvents type. */
  type: string | undefined;
  accountId: string | undefined;
  /** `unreadable`, the code or name of the error that its handler ended with, or `delivery_limit`. */
  code: string;
  reason: string;
  attempts: number;
  /** When the message was made, by its envelope. */
  madeAt: Date | undefined;
  firstFailedAt: Date | undefined;
  lastFailedAt: Date | undefined;
  content: string;
}

/** Conditions on a dead letter; a condition that is left out always holds. */
export interface DeadLetterFilter {
  id?: string;
  type?: string;
  code?: string;
  account?: string;
  /** Dead for at least this long, in milliseconds. */
  olderMs?: number;
  /** Dead for at most this long, in milliseconds. */
  newerMs?: number;
}

/** Reads a dead letter with the failure headers that the services give it. */
export function readDeadLetter({ content, properties }: ConsumeMessage): DeadLetter {
  const headers: Record<string, unknown> = properties.headers ?? {};
  const text = content.toString('utf8');
  const event = objectOf(text);
  const data = asObject(event['data']);
  return {
    messageId: textOf(properties.messageId) ?? textOf(event['id']) ?? '',
    type: textOf(event['type']) ?? textOf(properties.type),
    accountId: textOf(data['accountId']),
    // A message that the broker gave up has only the broker's own header.
    code: textOf(headers['x-code']) ?? textOf(headers['x-first-death-reason']) ?? 'unknown',
    reason: textOf(headers['x-reason']) ?? 'the broker gave up',
    attempts: typeof headers['x-attempt'] === 'number' ? headers['x-attempt'] : 1,
    madeAt: dateOf(event['time']),
    firstFailedAt: dateOf(headers['x-first-failed-at']),
    lastFailedAt: dateOf(headers['x-last-failed-at']),
    content: text,
  };
}

/** @param now Unix milliseconds */
export function matches(letter: DeadLetter, filter: DeadLetterFilter, now: number): boolean {
  const age = now - (letter.lastFailedAt?.getTime() ?? now);
  return (
    (filter.id === undefined || letter.messageId === filter.id) &&
    (filter.type === undefined || letter.type === filter.type) &&
    (filter.code === undefined || letter.code === filter.code) &&
    (filter.account === undefined || letter.accountId === filter.account) &&
    (filter.olderMs === undefined || age >= filter.olderMs) &&
    (filter.newerMs === undefined || age <= filter.newerMs)
  );
}

function objectOf(text: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function dateOf(value: unknown): Date | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
