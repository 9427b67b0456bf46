import { createHash } from 'node:crypto';

/** What `If-Match` and `If-None-Match` name: any representation, or those with one of these tags, as they were sent. */
export type EntityTags = '*' | readonly string[];

/** In characters. The tags of this system have at most 32, so this is a list of more than a hundred. */
const LONGEST_LIST = 4_096;

// One element of a list, which may be empty, with the comma or the end behind it (RFC 9110, 5.6.1 and 8.8.3). A tag may
// hold commas, so a list must not be split at them.
const ELEMENT = /[\t ]*(?:((?:W\/)?"[\x21\x23-\x7E\x80-\xFF]*")[\t ]*)?(?:,|$)/y;

/**
 * Reads a list of entity tags (RFC 9110, 13.1.1 and 13.1.2).
 *
 * @returns undefined where the text is no such list, or too long
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

/** Whether one of the tags is this one, byte for byte: both are strong and equal (RFC 9110, 8.8.3.2). */
export function matchesStrongly(tags: EntityTags, tag: string): boolean {
  return tags === '*' || (!isWeak(tag) && tags.includes(tag));
}

/** Whether one of the tags stands for the same content: equal, whether weak or not (RFC 9110, 8.8.3.2). */
export function matchesWeakly(tags: EntityTags, tag: string): boolean {
  return tags === '*' || tags.some((each) => opaqueOf(each) === opaqueOf(tag));
}

/** The tag of something that counts its changes. */
export const versionTag = (version: number): string => `"${version}"`;

/** The tag of something that has no version: another tag whenever the content is another. */
export function contentTag(content: object | string): string {
  const text =
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

const isWeak = (tag: string): boolean => tag.startsWith('W/');
const opaqueOf = (tag: string): string => (isWeak(tag) ? tag.slice(2) : tag);
