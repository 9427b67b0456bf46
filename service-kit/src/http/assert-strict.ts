import { z } from 'zod';

/**
 * Checks that every object in a schema refuses unknown fields; `z.object` would drop them silently.
 *
 * @throws {TypeError} with the place of an object that does not
 */
export function assertStrict(schema: z.ZodType, place: string): void {
  visit(schema, place, new Set());
}

function visit(schema: z.core.$ZodType, place: string, seen: Set<z.core.$ZodType>): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  if (schema instanceof z.ZodObject && !schema.def.catchall) {
    throw new TypeError(`${place}: use z.strictObject, so that unknown fields are refused`);
  }
  for (const [step, inner] of partsOf(schema)) visit(inner, place + step, seen);
}

/** The parts of a schema, each with its step in the path. */
function partsOf(schema: z.core.$ZodType): (readonly [step: string, part: z.core.$ZodType])[] {
  if (schema instanceof z.ZodObject) {
    const shape: z.core.$ZodShape = schema.def.shape;
    return Object.entries(shape).map(([key, part]) => [`.${key}`, part] as const);
  }
  if (schema instanceof z.ZodArray) return [['[]', schema.def.element]];
  if (schema instanceof z.ZodRecord) return [['.*', schema.def.valueType]];
  if (schema instanceof z.ZodTuple) {
    return schema.def.items.map((part, index) => [`[${index}]`, part] as const);
  }
  if (schema instanceof z.ZodUnion) return schema.def.options.map((part) => ['', part] as const);
  if (schema instanceof z.ZodIntersection) {
    return [
      ['', schema.def.left],
      ['', schema.def.right],
    ];
  }
  if (schema instanceof z.ZodPipe) return [['', schema.def.in]];
  if (schema instanceof z.ZodLazy) return [['', schema.def.getter()]];
  if (isWrapper(schema)) return [['', schema.def.innerType]];
  return [];
}

type Wrapper =
  | z.ZodOptional
  | z.ZodNullable
  | z.ZodDefault
  | z.ZodPrefault
  | z.ZodNonOptional
  | z.ZodCatch
  | z.ZodReadonly;

function isWrapper(schema: z.core.$ZodType): schema is Wrapper {
  return (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNonOptional ||
    schema instanceof z.ZodCatch ||
    schema instanceof z.ZodReadonly
  );
}
