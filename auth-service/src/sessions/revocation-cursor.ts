import type { RevocationPosition } from './revocation-store.ts';

/** Where a reading of revocations goes on. */
export interface RevocationCursor {
  /** When the reading began that this is part of, or that has ended: what came since then is new. */
  began: Date;
  /** The last revocation of the page, where the reading has not ended. */
  position?: RevocationPosition;
}

const FORM = /^([^~]+)(?:~([^~]+)~([0-9a-f]{24}))?$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

/** The time alone is what a cursor was before there were pages, and stays good. */
export const writeRevocationCursor = ({ began, position }: RevocationCursor): string =>
  [began.toISOString(), ...(position ? [position.revokedAt.toISOString(), position.id] : [])].join('~');

/** @returns undefined for what is no cursor */
export function readRevocationCursor(text: string): RevocationCursor | undefined {
  const [, first = '', second, id] = FORM.exec(text) ?? [];
  const began = timeIn(first);
  if (!began || second === undefined || id === undefined) return began && { began };
  const revokedAt = timeIn(second);
  return revokedAt && { began, position: { revokedAt, id } };
}

function timeIn(text: string): Date | undefined {
  const time = TIME.test(text) ? new Date(text) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time : undefined;
}
