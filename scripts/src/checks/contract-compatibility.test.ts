import { describe, expect, it } from 'vitest';
import { breaksOf, promisesTheSame } from './contract-compatibility.ts';

const published = {
  $id: 'urn:laurel:contract:laurel.thing.happened.v1',
  description: 'A thing happened',
  type: 'object',
  required: ['type', 'data'],
  properties: {
    type: { type: 'string', const: 'laurel.thing.happened.v1' },
    data: {
      type: 'object',
      required: ['id', 'kind'],
      properties: {
        id: { type: 'string', minLength: 1, maxLength: 128, description: 'Which thing' },
        kind: { type: 'string', enum: ['small', 'large'] },
        count: { type: 'integer', minimum: 1 },
        day: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
        at: { type: 'string', format: 'date-time' },
        owner: { type: ['string', 'null'] },
        tags: { type: 'array', items: { type: 'string' } },
      },
    },
  },
  examples: [{}],
};
type Data = typeof published.properties.data;

/** The published schema with another `data`. */
function withData(change: (data: Data) => object): object {
  const { data, ...properties } = published.properties;
  return { ...published, properties: { ...properties, data: { ...data, ...change(data) } } };
}
const withProperty = (name: keyof Data['properties'], change: object): object =>
  withData(({ properties }) => ({
    properties: { ...properties, [name]: { ...properties[name], ...change } },
  }));
const without = (name: keyof Data['properties']): object =>
  withData(({ properties }) => ({
    properties: Object.fromEntries(Object.entries(properties).filter(([key]) => key !== name)),
  }));

describe('a break is', () => {
  it.each([
    ['a property that is gone', without('count'), '/count is gone'],
    ['another type', withProperty('count', { type: 'string' }), '/count/type'],
    ['a type that is narrowed', withProperty('owner', { type: 'string' }), '/owner/type'],
    ['a type that is widened', withProperty('count', { type: ['integer', 'null'] }), '/count/type'],
    ['a value of an enum that is gone', withProperty('kind', { enum: ['small'] }), '"large" is gone'],
    ['an enum where there was none', withProperty('id', { enum: ['a'] }), '/id/enum'],
    ['an enum that is removed', withProperty('kind', { enum: undefined }), '/kind/enum'],
    ['another pattern', withProperty('day', { pattern: '^\\d{4}-W\\d{2}$' }), '/day/pattern'],
    ['a new pattern', withProperty('id', { pattern: '^a' }), '/id/pattern'],
    ['another format', withProperty('at', { format: 'date' }), '/at/format'],
    ['a narrower lower bound', withProperty('count', { minimum: 2 }), '/count/minimum'],
    ['a new upper bound', withProperty('count', { maximum: 9 }), '/count/maximum'],
    ['a shorter length', withProperty('id', { maxLength: 64 }), '/id/maxLength'],
    ['a longer one, which receivers may refuse', withProperty('id', { maxLength: 256 }), '/id/maxLength'],
    ['an item that changes', withProperty('tags', { items: { type: 'integer' } }), '/tags/items/type'],
    [
      'a field that becomes required',
      withData(() => ({ required: ['id', 'kind', 'count'] })),
      '"count" is required',
    ],
    ['a field no longer promised', withData(() => ({ required: ['id'] })), '"kind" may be missing'],
    ['a closed object', withData(() => ({ additionalProperties: false })), '/data/additionalProperties'],
    ['an unknown keyword', withData(() => ({ minProperties: 2 })), '/data/minProperties'],
    [
      'another constant',
      { ...published, properties: { ...published.properties, type: { type: 'string', const: 'v2' } } },
      '/type/const',
    ],
    ['another name', { ...published, $id: 'urn:laurel:contract:other' }, '/$id'],
  ])('%s', (_, current, sentence) => {
    const breaks = breaksOf(published, current);
    expect(breaks).toHaveLength(1);
    expect(breaks[0]).toContain(sentence);
  });
});

describe('allowed is', () => {
  const extended = withData(({ properties }) => ({
    properties: { ...properties, note: { type: 'string', maxLength: 10 } },
  }));
  const moreKinds = withProperty('kind', { enum: ['large', 'small', 'huge'] });

  it.each([
    ['a new field that need not be there', extended],
    ['a new value of an enum', moreKinds],
  ])('%s, which is not the same', (_, current) => {
    expect(breaksOf(published, current)).toEqual([]);
    expect(promisesTheSame(published, current)).toBe(false);
  });

  it.each([
    ['other words and examples', { ...withProperty('id', { description: 'The thing' }), examples: [] }],
    ['another order', withData(() => ({ required: ['kind', 'id'] }))],
    ['an open object that says so', withData(() => ({ additionalProperties: true }))],
  ])('%s, which is the same', (_, current) => {
    expect(breaksOf(published, current)).toEqual([]);
    expect(promisesTheSame(published, current)).toBe(true);
  });
});
