import { z } from 'zod';

const FIRST = 0;
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Schema of an RFC 3339 time with any offset; its output is a date. */
export const Time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((at) => at.getTime() >= FIRST && at.getTime() <= LAST, 'must be within the years 1970 to 9999');
