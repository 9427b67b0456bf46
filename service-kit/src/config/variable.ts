import { z } from 'zod';

/** The schema of one variable: text or nothing comes in, a `T` comes out. */
export type Variable<T> = z.ZodType<T>;

interface VariableOptions<T> {
  /** What must hold, completing "it must be …". */
  rule: string;
  /** @returns undefined when the text breaks the rule */
  parse: (text: string) => T | undefined;
  fallback?: T;
  /** Whether a wrong value may be shown to whoever starts the service. */
  showable: boolean;
}

// What is not known to be harmless is never shown: a schema refined further falls out of this set.
const showables = new WeakSet<z.ZodType>();

export function isShowable(schema: z.ZodType): boolean {
  return showables.has(schema);
}

export function variable<T>(options: VariableOptions<T>): Variable<T> {
  const { rule, parse, fallback, showable } = options;
  const schema = z.unknown().transform((text, context): T => {
    if (text === undefined && fallback !== undefined) return fallback;
    const value = typeof text === 'string' ? parse(text) : undefined;
    if (value !== undefined) return value;
    const message = text === undefined ? `is missing; it must be ${rule}` : `must be ${rule}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
  if (showable) showables.add(schema);
  return schema;
}

/** The same variable, which may also be missing. */
export function optional<T>(schema: Variable<T>): Variable<T | undefined> {
  const wrapped = schema.optional();
  if (isShowable(schema)) showables.add(wrapped);
  return wrapped;
}
