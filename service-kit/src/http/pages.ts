import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DomainError } from './domain-error.ts';
import { reply, type Reply } from './send.ts';
import { pathOfIllFormed } from './well-formed.ts';

/** The query parameters of every list, to be spread into its query schema. */
export const listQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Maximum number of items' }),
  cursor: z.string().max(1_024).optional().meta({ description: '`nextCursor` of the previous page' }),
};

/** One page of a list, as in the answer. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** The schema of a page, for an endpoint's response. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** The filters of a list. A cursor belongs to them. */
export type Filters = Readonly<Record<string, unknown>>;

/** A list whose pages {@link readPage} reads. */
export interface List<Row, Position extends z.ZodType> {
  filters: Filters;
  /** Schema of the position in a cursor: where a page ended, as JSON. It is untrusted input. */
  position: Position;
  /** Reads up to `limit` rows after the position, or the first rows without one. */
  read: (after: z.output<Position> | undefined, limit: number) => Promise<readonly Row[]>;
  positionOf: (row: Row) => z.input<Position>;
}

/**
 * Reads one page of a list. It reads one row more than the page has, to know whether there is a next page.
 *
 * @throws {DomainError} `invalid_cursor` when the cursor was made for other filters, or not by {@link encodeCursor}
 */
export async function readPage<Row, Position extends z.ZodType>(
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  { filters, position, read, positionOf }: List<Row, Position>,
): Promise<Page<Row>> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, filters, position);
  const rows = await read(after, limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? encodeCursor(positionOf(last), filters) : null };
}

/** Makes an opaque cursor. */
export function encodeCursor(position: unknown, filters: Filters): string {
  return Buffer.from(JSON.stringify([position, checkOf(position, filters)])).toString('base64url');
}

/** The checksum finds truncated and mixed-up cursors. It does not keep a client from making one. */
export function decodeCursor<Schema extends z.ZodType>(
  cursor: string,
  filters: Filters,
  schema: Schema,
): z.output<Schema> {
  const envelope = z.tuple([z.unknown(), z.string()]).safeParse(jsonOf(cursor));
  const [position, check] = envelope.data ?? [];
  const result = schema.safeParse(position);
  if (!envelope.success || !result.success || check !== checkOf(position, filters)) {
    throw new DomainError('invalid_cursor', 'The cursor does not belong to this list and these filters');
  }
  return result.data;
}

/**
 * Answers with a page and, if there is a next page, its `Link` (RFC 8288).
 *
 * @param target path and query of the request
 */
export function pageReply<Item>(target: string, page: Page<Item>): Reply<200, Page<Item>> {
  if (page.nextCursor === null) return reply(200, page);
  const next = new URL(target, 'http://localhost');
  next.searchParams.set('cursor', page.nextCursor);
  return reply(200, page, { link: `<${next.pathname}${next.search}>; rel="next"` });
}

function checkOf(position: unknown, filters: Filters): string {
  const asked = Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([position, asked]))
    .digest('base64url')
    .slice(0, 16);
}

function jsonOf(cursor: string): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return pathOfIllFormed(value) === undefined ? value : undefined;
  } catch {
    return undefined;
  }
}
