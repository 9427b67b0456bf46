import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeCursor, encodeCursor, listQuery, pageReply, readPage } from './pages.ts';

const Position = z.tuple([z.string(), z.int()]);
const invalid = expect.objectContaining({ code: 'invalid_cursor' });

describe('a cursor', () => {
  it('is decoded for the same filters, in any order', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), fc.string(), (id, time, status) => {
        const cursor = encodeCursor([id, time], { status, kind: undefined, from: 1 });
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeCursor(cursor, { from: 1, status }, Position)).toEqual([id, time]);
      }),
    );
  });

  it('belongs to its filters', () => {
    const cursor = encodeCursor(['a', 1], { status: 'granted' });
    for (const filters of [{}, { status: 'pending' }, { status: 'granted', eventId: 'e' }]) {
      expect(() => decodeCursor(cursor, filters, Position)).toThrow(invalid);
    }
  });

  it('is refused when any character was changed', () => {
    const cursor = encodeCursor(['evt_1', 42], {});
    for (let index = 0; index < cursor.length; index += 1) {
      const changed = cursor.slice(0, index) + (cursor[index] === 'A' ? 'B' : 'A') + cursor.slice(index + 1);
      // The last character may have unused bits.
      if (Buffer.from(changed, 'base64url').equals(Buffer.from(cursor, 'base64url'))) continue;
      expect(() => decodeCursor(changed, {}, Position)).toThrow(invalid);
    }
  });

  it.each(['', 'x', '%%%', 'bnVsbA', Buffer.from('{"a":1}').toString('base64url')])('is not %j', (cursor) => {
    expect(() => decodeCursor(cursor, {}, Position)).toThrow(invalid);
  });

  it('is refused when its position does not fit the list', () => {
    expect(() => decodeCursor(encodeCursor({ $gt: '' }, {}), {}, Position)).toThrow(invalid);
  });
});

describe('a page', () => {
  const page = (count: number, cursor?: string) =>
    readPage(
      { limit: 3, cursor },
      {
        filters: { kind: 'a' },
        position: z.int(),
        read: async (after = -1, limit) =>
          Array.from({ length: count }, (_, id) => ({ id })).slice(after + 1, after + 1 + limit),
        positionOf: ({ id }) => id,
      },
    );

  it('is the last one when no row is left', async () => {
    expect(await page(0)).toEqual({ items: [], nextCursor: null });
    expect((await page(3)).nextCursor).toBeNull();
  });

  it('has a next page after its last item when a row is left', async () => {
    const { items, nextCursor } = await page(4);
    expect(items).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }]);
    expect(await page(4, nextCursor ?? '')).toEqual({ items: [{ id: 3 }], nextCursor: null });
  });

  it('is not read for a cursor that belongs to other filters', async () => {
    await expect(page(4, encodeCursor(0, { kind: 'b' }))).rejects.toThrow(invalid);
  });

  it('links to the next one with the same filters', async () => {
    const { headers, body } = pageReply('/v1/claims?kind=a%26b&cursor=old', await page(4));
    expect(headers).toEqual({ link: `</v1/claims?kind=a%26b&cursor=${body.nextCursor}>; rel="next"` });
    expect(pageReply('/v1/claims', await page(1)).headers).toEqual({});
  });
});

describe('listQuery', () => {
  const Query = z.object(listQuery);

  it('has 20 items by default, and 1 to 100 on request', () => {
    expect(Query.parse({}).limit).toBe(20);
    expect(Query.parse({ limit: '100' }).limit).toBe(100);
    for (const limit of ['0', '101', '1.5', 'x', '']) expect(Query.safeParse({ limit }).success).toBe(false);
  });
});
