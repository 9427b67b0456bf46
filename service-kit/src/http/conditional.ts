import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { DomainError } from './domain-error.ts';
import { matchesStrongly, matchesWeakly, parseEntityTags, type EntityTags } from './entity-tag.ts';
import type { Reply, ReplyHeaders } from './send.ts';
import { refuseInvalid, type InputError } from './validation.ts';

// Conditional requests (RFC 9110, 13). `If-Modified-Since` and `If-Unmodified-Since` are ignored, as they must be without a
// `Last-Modified` (13.1.3, 13.1.4).

/**
 * How an endpoint with an `ETag` treats `If-Match` and `If-None-Match`:
 * - `read`: 304 when the caller already has the answer, 412 when `If-Match` has another tag;
 * - `read-whole`: the same, but never 304, because the tag does not cover all of the answer (counts, for example);
 * - `change`: the handler calls {@link assertPreconditions} where it reads what it changes, in the same transaction;
 * - `change-required`: the same, and 428 without `If-Match`.
 */
export type Conditional = 'read' | 'read-whole' | 'change' | 'change-required';

/** The preconditions of a request. A list is undefined when its header was not sent. */
export interface Preconditions {
  ifMatch?: EntityTags | undefined;
  ifNoneMatch?: EntityTags | undefined;
}

/** For callers without preconditions, such as jobs. */
export const NO_PRECONDITIONS: Preconditions = {};

/** Reads the preconditions. Adds to `errors` when a header is not a list of entity tags. */
export function parsePreconditions(headers: IncomingHttpHeaders, errors: InputError[]): Preconditions {
  const read = (name: 'if-match' | 'if-none-match'): EntityTags | undefined => {
    const text = headers[name];
    if (text === undefined) return undefined;
    const tags = parseEntityTags(text);
    if (tags === undefined)
      errors.push({ path: `header.${name}`, message: 'must be * or entity tags, such as "3"' });
    return tags;
  };
  return { ifMatch: read('if-match'), ifNoneMatch: read('if-none-match') };
}

/**
 * The preconditions of a request.
 *
 * @throws {DomainError} `invalid_request` when a header is not a list of entity tags
 */
export function readPreconditions(headers: IncomingHttpHeaders): Preconditions {
  const errors: InputError[] = [];
  const preconditions = parsePreconditions(headers, errors);
  refuseInvalid(errors);
  return preconditions;
}

/** @throws {DomainError} `precondition_required` when the endpoint needs `If-Match` and the request has none */
export function requireIfMatch(conditional: Conditional | undefined, { ifMatch }: Preconditions): void {
  if (conditional !== 'change-required' || (ifMatch !== undefined && ifMatch.length > 0)) return;
  throw new DomainError('precondition_required', 'Send If-Match with the ETag of the version you have seen');
}

/**
 * Checks that the resource with this current tag may be changed. Call it in the transaction of the change, or put the
 * version into the filter of the write: otherwise a concurrent change is lost.
 *
 * @throws {DomainError} `precondition_failed` with the current tag
 */
export function assertPreconditions(preconditions: Preconditions, etag: string): void {
  if (outcomeOf(preconditions, etag) !== 'proceed') throw failed(etag);
}

/**
 * Applies the preconditions to the answer to a GET. They are ignored without an `etag`, and when the answer is not 200
 * (RFC 9110, 13.2.1).
 *
 * @returns the answer, or a 304
 * @throws {DomainError} `precondition_failed` with the current tag
 */
export function conditionalReply(
  answer: Reply,
  preconditions: Preconditions,
  conditional: 'read' | 'read-whole' = 'read',
): Reply {
  const { etag } = answer.headers;
  if (answer.status !== 200 || typeof etag !== 'string') return answer;
  const asked = conditional === 'read' ? preconditions : { ifMatch: preconditions.ifMatch };
  const outcome = outcomeOf(asked, etag);
  if (outcome === 'proceed') return answer;
  if (outcome === 'failed') throw failed(etag);
  return { status: 304, body: undefined, headers: pick(answer.headers, OF_NOT_MODIFIED) };
}

/** Source: RFC 9110, 13.2.2, without the conditions on times. */
function outcomeOf({ ifMatch, ifNoneMatch }: Preconditions, etag: string): 'proceed' | 'known' | 'failed' {
  if (ifMatch !== undefined && !matchesStrongly(ifMatch, etag)) return 'failed';
  return ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, etag) ? 'known' : 'proceed';
}

function failed(etag: string): DomainError {
  return new DomainError('precondition_failed', `The current ETag is ${etag}`, { headers: { etag } });
}

/** The headers of a 200 that its 304 has as well (RFC 9110, 15.4.5). */
const OF_NOT_MODIFIED = ['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary'] as const;

function pick(headers: ReplyHeaders, names: readonly string[]): ReplyHeaders {
  return Object.fromEntries(names.map((name) => [name, headers[name]]));
}

/** The request headers of a conditional endpoint, to document. */
export const conditionHeaders = (conditional: Conditional): z.ZodRawShape => ({
  'If-Match': documentedTags(
    'Only while the current ETag is one of these; otherwise 412 (RFC 9110, 13.1.1)',
    conditional === 'change-required',
  ),
  ...(conditional === 'read' && {
    'If-None-Match': documentedTags('304 while the current ETag is one of these (RFC 9110, 13.1.2)', false),
  }),
});

/** The documented form of the headers: no empty elements, ASCII only. */
const TAGS = String.raw`^(?:\*|(?:W/)?"[!#-~]*"(?:, ?(?:W/)?"[!#-~]*")*)$`;

function documentedTags(description: string, isRequired: boolean): z.ZodType {
  const tags = z.string().max(4_096).meta({ description, pattern: TAGS, example: '"3"' });
  return isRequired ? tags : tags.optional();
}

/** The response header of a conditional endpoint, to document. */
export const EtagHeader = z.object({
  etag: z.string().meta({ description: 'Tag of the answer, in quotes (RFC 9110, 8.8.3)', example: '"3"' }),
});

export const isRead = (conditional: Conditional | undefined): conditional is 'read' | 'read-whole' =>
  conditional === 'read' || conditional === 'read-whole';
