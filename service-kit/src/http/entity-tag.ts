import { createHash } from 'node:crypto';

/** The value of `If-Match` or `If-None-Match`: any representation, or a list of tags as sent. */
export type EntityTags = '*' | readonly string[];

/** In characters: room for more than a hundred tags, which have at most 32 characters here. */
const LONGEST_LIST = 4_096;

// One element of a list, possibly empty, up to the comma or the end (RFC 9110, 5.6.1 and 8.8.3). A tag may contain commas,
// so the list cannot be split at them.
const ELEMENT = /[\t ]*(?:((?:W\/)?"[\x21\x23-\x7E\x80-\xFF]*")[\t ]*)?(?:,|$)/y;

/**
 * Reads a list of entity tags (RFC 9110, 13.1.1 and 13.1.2).
 *
 * @returns undefined when the text is not such a list, or is too long
 */
export function parseEntityTags(text: string): EntityTags | undefined {
  if (text.length > LONGEST_LIST) return undefined;
  if (text.trim() === '*') return '*';
  const tags: string[] = [];
  ELEMENT.lastIndex = 0;
  for (let at = 0; at < text.length; at = ELEMENT.lastIndex) {
    ELEMENT.lastIndex = at;
    const element = ELEMENT.exec(text);
    if (!element) return undefined;
    if (element[1] !== undefined) tags.push(element[1]);
  }
  return tags;
}

/** Strong comparison: one of the tags is strong and equal to this one (RFC 9110, 8.8.3.2). */
export function matchesStrongly(tags: EntityTags, tag: string): boolean {
  return tags === '*' || (!isWeak(tag) && tags.includes(tag));
}

/** Weak comparison: one of the tags is equal to this one, weak or not (RFC 9110, 8.8.3.2). */
export function matchesWeakly(tags: EntityTags, tag: string): boolean {
  return tags === '*' || tags.some((each) => opaqueOf(each) === opaqueOf(tag));
}

/** The tag of a resource with a version number. */
export const versionTag = (version: number): string => `"${version}"`;

/** The tag of a resource without a version: a hash of its content. */
export function contentTag(content: object | string): string {
  const text =
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

const isWeak = (tag: string): boolean => tag.startsWith('W/');
const opaqueOf = (tag: string): string => (isWeak(tag) ? tag.slice(2) : tag);
