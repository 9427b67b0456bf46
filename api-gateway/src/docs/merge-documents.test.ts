import { describe, expect, it } from 'vitest';
import { mergeDocuments } from './merge-documents.ts';
import { parseDocument } from './service-document.ts';

const base = { openapi: '3.1.0', info: { title: 'All' }, paths: {}, components: {} };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function service(name: string, operations: object, schemas: object = {}, more: object = {}) {
  return {
    service: name,
    document: parseDocument({ openapi: '3.1.0', paths: operations, components: { schemas }, ...more }),
  };
}

function answering(schema: object, more: object = {}) {
  return { get: { responses: { 200: { content: { 'application/json': { schema } } } }, ...more } };
}

const everything = () => ({ access: 'public' as const, rateLimits: [] });

describe('names', () => {
  it('with the same content in two services are one', () => {
    const schemas = { Problem: { type: 'object' }, List: { items: ref('Problem') } };
    const merged = mergeDocuments(
      base,
      [
        service('a', { '/a': answering(ref('List')) }, schemas),
        service('b', { '/b': answering(ref('List')) }, schemas),
      ],
      everything,
    );
    expect(merged['components']).toEqual({ schemas });
  });

  it("with different content get the later service's name as a prefix, and so do components that refer to them", () => {
    const merged = mergeDocuments(
      base,
      [
        service(
          'a',
          { '/a': answering(ref('List')) },
          { Item: { type: 'string' }, List: { items: ref('Item') } },
        ),
        service(
          'game-b',
          { '/b': answering(ref('List')) },
          {
            Item: { type: 'number' },
            List: { items: ref('Item') },
            Either: { discriminator: { mapping: { i: '#/components/schemas/Item' } } },
          },
        ),
      ],
      everything,
    );
    expect(merged['components']).toEqual({
      schemas: {
        Item: { type: 'string' },
        List: { items: ref('Item') },
        GameBItem: { type: 'number' },
        GameBList: { items: ref('GameBItem') },
        Either: { discriminator: { mapping: { i: '#/components/schemas/GameBItem' } } },
      },
    });
    expect(merged['paths']).toMatchObject({
      '/a': answering(ref('List')),
      '/b': answering(ref('GameBList')),
    });
  });

  it('of operations are unique', () => {
    const operations = (path: string) => ({ [path]: answering({}, { operationId: 'list' }) });
    const merged = mergeDocuments(
      base,
      [service('a', operations('/a')), service('b', operations('/b'))],
      everything,
    );
    expect(merged['paths']).toMatchObject({
      '/a': { get: { operationId: 'list' } },
      '/b': { get: { operationId: 'b.list' } },
    });
  });
});

describe('operations', () => {
  it('appear only if the gateway routes them to the service', () => {
    const both = { '/shared': { ...answering({ a: 1 }), post: {} }, '/internal/x': answering({}) };
    const merged = mergeDocuments(base, [service('a', both), service('b', both)], (name, method, path) =>
      path === '/shared' && name === (method === 'GET' ? 'b' : 'a')
        ? { access: 'signed-in', rateLimits: [] }
        : undefined,
    );
    expect(Object.keys(merged['paths'] as object)).toEqual(['/shared']);
    expect(merged['paths']).toMatchObject({
      '/shared': { get: { tags: ['b'] }, post: { tags: ['a'] } },
    });
  });

  it("describe the gateway's security and its own answers", () => {
    const paths = {
      '/a': { get: {}, post: { requestBody: {}, responses: { 413: { description: 'mine' } } } },
    };
    const merged = mergeDocuments(base, [service('a', paths)], (_name, method) =>
      method === 'GET'
        ? everything()
        : {
            access: { roles: ['ADMIN'], scopes: [] },
            rateLimits: [{ by: 'account', limit: 1, windowSeconds: 1 }],
          },
    );
    const { get, post } =
      (merged['paths'] as Record<string, Record<string, { responses: object }>>)['/a'] ?? {};
    expect(get).toMatchObject({ security: [] });
    expect(Object.keys(get?.responses ?? {})).toEqual(['502', '503', '504']);
    expect(post).toMatchObject({ security: [{ bearer: [] }] });
    expect(post?.responses).toMatchObject({
      401: { $ref: '#/components/responses/Gateway401' },
      403: { $ref: '#/components/responses/Gateway403' },
      413: { description: 'mine' },
      429: { $ref: '#/components/responses/Gateway429' },
    });
  });

  it('keep their tags and the texts that the methods of a path share', () => {
    const paths = { '/a/{id}': { parameters: [{ name: 'id' }], ...answering({}, { tags: ['things'] }) } };
    const tags = [{ name: 'things', description: 'Things' }];
    const merged = mergeDocuments(base, [service('a', paths, {}, { tags })], everything);
    expect(merged).toMatchObject({
      tags,
      paths: { '/a/{id}': { parameters: [{ name: 'id' }], get: { tags: ['things'] } } },
    });
  });
});

it('only OpenAPI 3.1 is merged', () => {
  expect(() => parseDocument({ openapi: '3.0.3', paths: {} })).toThrow(/3\.1/);
  expect(() => parseDocument('hello')).toThrow();
});
