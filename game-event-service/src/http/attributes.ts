import { z } from 'zod';
import { invalidFields } from './invalid-fields.ts';
import { mergePatch } from './merge-patch.ts';

const MOST_BYTES = 8_192;
const MOST_LEVELS = 32;

/** Any JSON object, for the game's own use. */
export const Attributes = z
  .record(z.string(), z.unknown())
  .refine((value) => !isDeeperThan(value, MOST_LEVELS), {
    message: `must be at most ${MOST_LEVELS} levels deep`,
    abort: true,
  })
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MOST_BYTES, 'must be at most 8 KiB as JSON')
  .meta({ description: "Any JSON object up to 8 KiB, for the game's own use" });

export type Attributes = z.output<typeof Attributes>;

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

/**
 * Attributes with a JSON Merge Patch applied; `null` empties them.
 *
 * @throws {DomainError} `invalid_request` when they would be too large or too deep together
 */
export function patchAttributes(before: Attributes, patch: Attributes | null): Attributes {
  const patched = Attributes.safeParse(patch === null ? {} : mergePatch(before, patch));
  if (patched.success) return patched.data;
  throw invalidFields(patched.error.issues.map(({ message }) => ({ path: 'attributes', message })));
}

const StoredAttributes = z.record(z.string(), z.unknown());

// Stored as text: BSON has no place for some of what JSON allows, such as NUL in a name, and reads
// {"$ref": …, "$id": …} as something else.
export const encodeAttributes = (attributes: Attributes): string => JSON.stringify(attributes);
export const decodeAttributes = (text: string): Attributes => StoredAttributes.parse(JSON.parse(text));
