import { BSON } from 'mongodb';

/**
 * One text for one value, whoever writes it: MongoDB Extended JSON v2 (relaxed: a date is
 * `{"$date":"2026-12-01T00:00:00Z"}`, and no other type looks like it), written by the rules of the JSON
 * Canonicalization Scheme (RFC 8785): members sorted by UTF-16 code units, no spaces, ECMAScript's numbers.
 */
export function canonicalJson(value: unknown): string {
  return textOf(BSON.EJSON.serialize({ value }, { relaxed: true })['value']);
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`);
  return `{${members.join(',')}}`;
}
