import canonicalize from 'canonicalize';
import { BSON } from 'mongodb';

/**
 * The one text of a value, for hashes: MongoDB Extended JSON v2 (relaxed: a date is `{"$date":"2026-12-01T00:00:00Z"}`,
 * and no other type looks like it) in the form of the JSON Canonicalization Scheme (RFC 8785).
 */
export function canonicalJson(value: unknown): string {
  return canonicalize(BSON.EJSON.serialize({ value: value ?? null }, { relaxed: true })['value']) ?? 'null';
}
