import { z } from 'zod';

/** The schema of one variable: its input is a text or undefined, its output a `T`. */
export type Variable<T> = z.ZodType<T>;

interface VariableOptions<T> {
  /** Completes the sentence "it must be …". */
  rule: string;
  /** @returns undefined when the text breaks the rule */
  parse: (text: string) => T | undefined;
  fallback?: T;
  /** Whether an invalid value may be shown in the error. */
  showable: boolean;
}

// Only values of these schemas are shown. A schema that is refined further is not in the set any more.
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

/** Makes a variable optional. */
export function optional<T>(schema: Variable<T>): Variable<T | undefined> {
  const wrapped = schema.optional();
  if (isShowable(schema)) showables.add(wrapped);
  return wrapped;
}
