import type { z } from 'zod';
import { DomainError } from './domain-error.ts';

/** An invalid value and its path: `items.0.metric`, `query.limit`, `path.eventId`, `header.if-match`. */
export interface InputError {
  path: string;
  message: string;
}

const MOST_ERRORS = 50;
/** A longer path is only the caller's own text. */
export const LONGEST_PATH = 200;

/**
 * Parses one part of a request, and adds its problems to `errors`.
 *
 * @param place prefix of the paths; empty for the body
 */
export function parsePart(
  schema: z.ZodType,
  value: unknown,
  place: '' | 'path' | 'query' | 'header',
  errors: InputError[],
): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    if (errors.length >= MOST_ERRORS) break;
    addIssue(issue, place === '' ? [] : [place], errors);
  }
  return undefined;
}

/** @throws {DomainError} `invalid_request` when there are errors */
export function refuseInvalid(errors: readonly InputError[]): void {
  if (errors.length === 0) return;
  throw new DomainError('invalid_request', 'The request has invalid values; see errors', {
    members: { errors: errors.slice(0, MOST_ERRORS) },
  });
}

function addIssue(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[], errors: InputError[]): void {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    // A body of a megabyte can have a hundred thousand unknown fields.
    const keys = issue.keys.slice(0, MOST_ERRORS);
    for (const key of keys) errors.push({ path: text([...path, key]), message: 'Unknown field' });
    return;
  }
  const closest = issue.code === 'invalid_union' ? closestOption(issue.errors) : undefined;
  if (closest) {
    for (const inner of closest) addIssue(inner, path, errors);
    return;
  }
  errors.push({ path: text(path), message: issue.message });
}

/** The option of a union that the caller probably meant: the one with the deepest first error. */
function closestOption(options: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  let closest: z.core.$ZodIssue[] | undefined;
  let deepest = 0;
  for (const issues of options) {
    const depth = Math.min(...issues.map(({ path }) => path.length));
    if (Number.isFinite(depth) && depth > deepest) {
      deepest = depth;
      closest = issues;
    }
  }
  return closest;
}

function text(path: readonly PropertyKey[]): string {
  return path.map(String).join('.').slice(0, LONGEST_PATH);
}
