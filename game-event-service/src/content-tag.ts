import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The entity tag of an answer that has no version: another one whenever anything in it is another. */
export const contentTag = (body: object): string =>
  `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`;

export const TaggedHeaders = z.object({
  etag: z.string().meta({ description: 'Of what is shown, in quotes' }),
});
