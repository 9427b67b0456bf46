import { expect, it } from 'vitest';
import { readRevocationCursor, writeRevocationCursor } from './revocation-cursor.ts';

const began = new Date('2026-12-01T00:41:13.105Z');
const position = { revokedAt: new Date('2026-12-01T00:40:00.001Z'), id: '692ce4d1b80e2f6a14c39d11' };

it.each([{ began }, { began, position }])('%j is read as it was written', (cursor) => {
  const text = writeRevocationCursor(cursor);
  expect(readRevocationCursor(text)).toEqual(cursor);
  expect(text.length).toBeLessThanOrEqual(256);
});

it('a time alone, as cursors were before there were pages, is one', () => {
  expect(readRevocationCursor('2026-12-01T00:41:13.105Z')).toEqual({ began });
});

it.each([
  '',
  'x',
  '2026-13-01T00:00:00Z',
  `${began.toISOString()}~`,
  `${began.toISOString()}~x~${position.id}`,
  `${began.toISOString()}~${began.toISOString()}~x`,
  `x~${began.toISOString()}~${position.id}`,
])('%j is none', (text) => {
  expect(readRevocationCursor(text)).toBeUndefined();
});
