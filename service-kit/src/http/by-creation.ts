import { z } from 'zod';

const LATEST_MS = 8_640_000_000_000_000;

const Position = z
  // Milliseconds: as game-event-service wrote it until 1.0.
  .tuple([z.union([z.iso.datetime(), z.int().min(0).max(LATEST_MS)]), z.string()])
  .transform(([createdAt, id]) => ({ createdAt: new Date(createdAt), id }));

/** Where a page ended in a list that is sorted by time of creation and id. */
export type CreationPosition = z.output<typeof Position>;

/** The cursors of a list that is sorted by time of creation and id, for `readPage`. */
export const byCreation = {
  position: Position,
  positionOf: ({ createdAt, id }: CreationPosition): z.input<typeof Position> => [
    createdAt.toISOString(),
    id,
  ],
};
