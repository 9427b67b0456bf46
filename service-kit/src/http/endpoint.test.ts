import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { Identity } from '../identity/index.ts';
import { resourcesOf } from './dispatch.ts';
import { defineEndpoint, type Endpoint, type Method, type ReplyOf } from './endpoint.ts';
import { reply } from './send.ts';

const base = { method: 'POST', operationId: 'test', summary: 'Test', tag: 'test', access: 'public' } as const;
const done = { responses: { 204: { description: 'Done' } }, handle: async () => reply(204) };

function endpointAt(path: string, method: Method = 'GET'): Endpoint {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, z.string()] as const);
  const request = names.length > 0 ? { params: z.object(Object.fromEntries(names)) } : {};
  return defineEndpoint({ ...base, ...done, method, path, request });
}

describe('defineEndpoint', () => {
  it('types the input of its handler by its schemas', () => {
    const endpoint = defineEndpoint({
      ...base,
      path: '/v1/events/{eventId}/claims',
      request: {
        params: z.object({ eventId: z.string() }),
        query: z.object({ wait: z.coerce.number().default(0) }),
        body: z.strictObject({ rewardId: z.string().optional() }),
      },
      responses: { 204: { description: 'Done' } },
      async handle({ params, query, body, headers, identity }) {
        expectTypeOf(params).toEqualTypeOf<{ eventId: string }>();
        expectTypeOf(query).toEqualTypeOf<{ wait: number }>();
        expectTypeOf(body).toEqualTypeOf<{ rewardId?: string | undefined }>();
        expectTypeOf(headers).toEqualTypeOf<undefined>();
        expectTypeOf(identity).toEqualTypeOf<Identity>();
        return reply(204);
      },
    });
    expect(endpoint.maxBodyBytes).toBe(1_048_576);
  });

  it('lets its handler answer only as documented', () => {
    const Claim = z.object({ id: z.string(), status: z.enum(['granted', 'pending']) });
    const responses = { 200: { description: 'A claim', body: Claim }, 204: { description: 'None' } } as const;
    const path = '/v1/claims';
    defineEndpoint({
      ...base,
      path,
      responses,
      handle: async () => reply(200, { id: 'a', status: 'granted' }),
    });
    type Answer = ReplyOf<typeof responses>;
    expectTypeOf(reply(200, { id: 'a', status: 'granted' })).toExtend<Answer>();
    expectTypeOf(reply(204)).toExtend<Answer>();
    expectTypeOf(reply(201, { id: 'a', status: 'granted' })).not.toExtend<Answer>();
    expectTypeOf(reply(200, { id: 1, status: 'granted' })).not.toExtend<Answer>();
    expectTypeOf(reply(200)).not.toExtend<Answer>();
  });

  it.each([
    ['at the top', z.object({ name: z.string() })],
    ['in a list', z.strictObject({ items: z.array(z.object({})) })],
    ['behind a default', z.strictObject({ inner: z.object({}).optional().default({}) })],
    [
      'in an option',
      z.union([z.strictObject({}), z.strictObject({ a: z.record(z.string(), z.object({})) })]),
    ],
    ['in a transformed one', z.object({}).transform(() => 1)],
  ])('refuses a body with an object that ignores unknown fields, %s', (_where, body) => {
    expect(() => defineEndpoint({ ...base, ...done, path: '/v1/x', request: { body } })).toThrow(
      /strictObject/,
    );
  });

  it('accepts recursive schemas', () => {
    const Condition = z.strictObject({
      get not() {
        return Condition.optional();
      },
      attributes: z.looseObject({}).optional(),
    });
    const define = () => defineEndpoint({ ...base, ...done, path: '/v1/x', request: { body: Condition } });
    expect(define).not.toThrow();
  });

  it.each([
    ['params without a placeholder', '/v1/events', z.object({ eventId: z.string() })],
    ['a placeholder without params', '/v1/events/{eventId}', undefined],
    ['another name', '/v1/events/{id}', z.object({ eventId: z.string() })],
  ])('refuses %s', (_name, path, params) => {
    const define = () => defineEndpoint({ ...base, ...done, path, request: params && { params } });
    expect(define).toThrow(/request\.params/);
  });

  it.each(['v1/x', '/v1/*', '/v1/:id', '/v1//x', '/v1/x/', '/v1/{id}.json'])(
    'refuses the path %s',
    (path) => {
      expect(() => defineEndpoint({ ...base, ...done, path })).toThrow(TypeError);
    },
  );
});

describe('resourcesOf', () => {
  it('puts plain segments before placeholders', () => {
    const paths = ['/v1/{a}/x', '/v1/events/{id}', '/v1/events/audit', '/v1/events'];
    expect(resourcesOf(paths.map((path) => endpointAt(path))).map(({ path }) => path)).toEqual([
      '/v1/events',
      '/v1/events/audit',
      '/v1/events/{id}',
      '/v1/{a}/x',
    ]);
  });

  it('refuses a method that is defined twice for a path', () => {
    expect(() => resourcesOf([endpointAt('/v1/x'), endpointAt('/v1/x')])).toThrow(/twice/);
    expect(() => resourcesOf([endpointAt('/v1/x'), endpointAt('/v1/x', 'POST')])).not.toThrow();
  });

  it('refuses paths that differ only in the names of their placeholders', () => {
    expect(() => resourcesOf([endpointAt('/v1/{a}'), endpointAt('/v1/{b}', 'POST')])).toThrow(/placeholders/);
  });
});
