import { DomainError } from 'service-kit/http';
import type { GameEvent } from './event.ts';

/** Versions of which the event must have one, or any. */
export type Precondition = '*' | readonly string[];

const ENTITY_TAGS = /^(?:W\/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e]*")*$/;

/**
 * Reads `If-Match` (RFC 9110, 13.1.1). Weak tags match nothing, since the comparison is the strong one.
 *
 * @throws {DomainError} `precondition_required` without the header, `precondition_failed` where it is no list of tags
 */
export function preconditionIn(header: string | undefined): Precondition {
  const value = header?.trim() ?? '';
  if (value === '') {
    throw new DomainError(
      'precondition_required',
      'Send If-Match with the ETag of the version you have seen',
    );
  }
  if (value === '*') return '*';
  if (!ENTITY_TAGS.test(value)) {
    throw new DomainError('precondition_failed', 'If-Match must be * or entity tags, such as "3"');
  }
  return value.split(',').map((tag) => tag.trim());
}

export function isMatch(precondition: Precondition, { version }: Pick<GameEvent, 'version'>): boolean {
  return precondition === '*' || precondition.includes(`"${version}"`);
}
