import fc from 'fast-check';
import { BSON, ObjectId } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

describe('canonical JSON', () => {
  it('is RFC 8785: members by UTF-16 code units, no spaces, numbers as ECMAScript writes them', () => {
    // The example of its section 3.2.3, and numbers of 3.2.2.
    const members = {
      '\u20ac': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '\ud83d\ude00': 5,
      '\u0080': 6,
      '\u00f6': 7,
    };
    expect(canonicalJson(members)).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
    expect(canonicalJson([1e30, 4.5, 2e-3, 1e-27])).toBe('[1e+30,4.5,0.002,1e-27]');
    expect(canonicalJson({ '10': 1, '9': 2 })).toBe('{"10":1,"9":2}');
  });

  it('differs for a date, a text and an id', () => {
    const at = new Date('2026-12-01T00:00:00Z');
    const id = new ObjectId('0123456789abcdef01234567');
    expect(canonicalJson({ at })).toBe('{"at":{"$date":"2026-12-01T00:00:00Z"}}');
    expect(canonicalJson(id)).not.toBe(canonicalJson(id.toHexString()));
  });

  it('is the same before and after the database, in any order', () => {
    const json = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(json, (value) => {
        const stored = { value: Object.fromEntries(Object.entries(value).toReversed()) };
        fc.pre(Object.keys(value).every((name) => !name.includes('\0') && name.isWellFormed()));
        let bytes: Uint8Array;
        try {
          bytes = BSON.serialize(stored);
        } catch {
          return;
        }
        expect(canonicalJson(BSON.deserialize(bytes)['value'])).toBe(canonicalJson(value));
      }),
    );
  });
});
