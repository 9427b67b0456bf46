import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { DomainError } from './domain-error.ts';
import { matchesStrongly, matchesWeakly, parseEntityTags, type EntityTags } from './entity-tag.ts';
import type { Reply, ReplyHeaders } from './send.ts';
import { refuseInvalid, type InputError } from './validation.ts';

// Conditional requests (RFC 9110, 13). `If-Modified-Since` and `If-Unmodified-Since` are passed over: nothing here has a
// `Last-Modified`, and then they say nothing (13.1.3, 13.1.4).

/**
 * What `If-Match` and `If-None-Match` mean to an endpoint that shows an `ETag`:
 * - `read`: 304 where the caller has what would be answered, 412 where `If-Match` names something else;
 * - `read-whole`: the same, but never 304, because the tag leaves out some of what is shown (counts, for example);
 * - `change`: the handler calls {@link assertPreconditions} where it reads what it changes, in the same transaction;
 * - `change-required`: the same, and 428 without `If-Match`.
 */
export type Conditional = 'read' | 'read-whole' | 'change' | 'change-required';

/** What a request asks of the state of what it names; a list is undefined where its header was not sent. */
export interface Preconditions {
  ifMatch?: EntityTags | undefined;
  ifNoneMatch?: EntityTags | undefined;
}

/** Of whoever asks for nothing, such as a job. */
export const NO_PRECONDITIONS: Preconditions = {};

/** Reads the preconditions, and adds to `errors` where a header is no list of entity tags. */
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
 * @throws {DomainError} `invalid_request` where a header is no list of entity tags
 */
export function readPreconditions(headers: IncomingHttpHeaders): Preconditions {
  const errors: InputError[] = [];
  const preconditions = parsePreconditions(headers, errors);
  refuseInvalid(errors);
  return preconditions;
}

/** @throws {DomainError} `precondition_required` without `If-Match`, where an endpoint cannot do without */
export function requireIfMatch(conditional: Conditional | undefined, { ifMatch }: Preconditions): void {
  if (conditional !== 'change-required' || (ifMatch !== undefined && ifMatch.length > 0)) return;
  throw new DomainError('precondition_required', 'Send If-Match with the ETag of the version you have seen');
}

/**
 * Makes sure that a change may be made to what has this tag now. Only in the transaction of the change, or with the
 * version in the filter of its write, is nothing lost to a change beside it.
 *
 * @throws {DomainError} `precondition_failed` with the tag
 */
export function assertPreconditions(preconditions: Preconditions, etag: string): void {
  if (outcomeOf(preconditions, etag) !== 'proceed') throw failed(etag);
}

/**
 * What becomes of the answer to a GET. Without an `etag`, and where the answer is not 200, the preconditions mean nothing
 * (RFC 9110, 13.2.1).
 *
 * @throws {DomainError} `precondition_failed` with the tag
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

/** Source: RFC 9110, 13.2.2, where neither condition is a time. */
function outcomeOf({ ifMatch, ifNoneMatch }: Preconditions, etag: string): 'proceed' | 'known' | 'failed' {
  if (ifMatch !== undefined && !matchesStrongly(ifMatch, etag)) return 'failed';
  return ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, etag) ? 'known' : 'proceed';
}

function failed(etag: string): DomainError {
  return new DomainError('precondition_failed', `It has the ETag ${etag} now`, { headers: { etag } });
}

/** What a 304 says of the 200 that it stands for (RFC 9110, 15.4.5). */
const OF_NOT_MODIFIED = ['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary'] as const;

function pick(headers: ReplyHeaders, names: readonly string[]): ReplyHeaders {
  return Object.fromEntries(names.map((name) => [name, headers[name]]));
}

/** The headers that such an endpoint takes, to document. */
export const conditionHeaders = (conditional: Conditional): z.ZodRawShape => ({
  'If-Match': documentedTags(
    'Only while its ETag is one of these; otherwise 412 (RFC 9110, 13.1.1)',
    conditional === 'change-required',
  ),
  ...(conditional === 'read' && {
    'If-None-Match': documentedTags('304 while its ETag is one of these (RFC 9110, 13.1.2)', false),
  }),
});

/** As it is sent by those who know what they do: without empty elements, and in ASCII. */
const TAGS = String.raw`^(?:\*|(?:W/)?"[!#-~]*"(?:, ?(?:W/)?"[!#-~]*")*)$`;

function documentedTags(description: string, isRequired: boolean): z.ZodType {
  const tags = z.string().max(4_096).meta({ description, pattern: TAGS, example: '"3"' });
  return isRequired ? tags : tags.optional();
}

/** The header that its answers have, to document. */
export const EtagHeader = z.object({
  etag: z
    .string()
    .meta({ description: 'The tag of what is answered, in quotes (RFC 9110, 8.8.3)', example: '"3"' }),
});

export const isRead = (conditional: Conditional | undefined): conditional is 'read' | 'read-whole' =>
  conditional === 'read' || conditional === 'read-whole';
