import { describe, expect, it } from 'vitest';
import { byCreation } from './by-creation.ts';
import { decodeCursor, encodeCursor } from './pages.ts';

const createdAt = new Date('2026-11-30T12:00:00.123Z');

describe('byCreation', () => {
  it('restores a position from a cursor, also one in milliseconds of an earlier version', () => {
    for (const written of [byCreation.positionOf({ createdAt, id: 'x' }), [createdAt.getTime(), 'x']]) {
      expect(decodeCursor(encodeCursor(written, {}), {}, byCreation.position)).toEqual({
        createdAt,
        id: 'x',
      });
    }
  });

  it.each([[['soon', 'x']], [[-1, 'x']], [[1e99, 'x']], [[createdAt.getTime(), 1]], [[]]])(
    'refuses %j',
    (written) => {
      expect(() => decodeCursor(encodeCursor(written, {}), {}, byCreation.position)).toThrow();
    },
  );
});
