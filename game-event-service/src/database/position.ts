import { z } from 'zod';

const LATEST = 8_640_000_000_000_000;

const Position = z
  .tuple([z.int().min(0).max(LATEST), z.string()])
  .transform(([createdAt, id]) => ({ createdAt: new Date(createdAt), id }));

/** Where a page of a list ended that is ordered by time of creation and id; a part of its cursor. */
export type Position = z.output<typeof Position>;

/** What `readPage` has to know of such a list. */
export const byCreation = {
  position: Position,
  positionOf: ({ createdAt, id }: Position): z.input<typeof Position> => [createdAt.getTime(), id],
};
