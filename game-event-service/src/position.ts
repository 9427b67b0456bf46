import { z } from 'zod';

const LATEST = 8_640_000_000_000_000;

/** Where a page of a list ended that is ordered by time of creation and id; a part of its cursor. */
export const Position = z
  .tuple([z.int().min(0).max(LATEST), z.string()])
  .transform(([createdAt, id]) => ({ createdAt: new Date(createdAt), id }));
export type Position = z.output<typeof Position>;

export function positionOf({ createdAt, id }: Position): [number, string] {
  return [createdAt.getTime(), id];
}
