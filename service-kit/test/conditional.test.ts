import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  assertPreconditions,
  defineEndpoint,
  DomainError,
  EtagHeader,
  openApiDocument,
  reply,
  versionTag,
  type Conditional,
  type Endpoint,
} from '../src/http/index.ts';
import { player, startApp } from './running-app.ts';

const base = { summary: 'Test', tag: 'test', access: 'signed-in' } as const;
const etag = versionTag(3);

/** Reads a resource at version 3, or answers with `status`. */
const read = (conditional: Conditional, path = '/things', status: 200 | 202 = 200): Endpoint =>
  defineEndpoint({
    ...base,
    method: 'GET',
    path,
    operationId: `read${path.slice(1)}`,
    conditional,
    responses: {
      200: { description: 'The thing', body: z.string(), headers: EtagHeader },
      202: { description: 'Not yet', body: z.string(), headers: EtagHeader },
    },
    handle: async () =>
      reply(status, 'thing', {
        etag,
        vary: 'accept',
        link: '</things>; rel="self"',
        'content-language': 'en',
      }),
  });

const change = (conditional: Conditional): Endpoint =>
  defineEndpoint({
    ...base,
    method: 'PATCH',
    path: '/things',
    operationId: 'changeThing',
    conditional,
    request: { body: z.strictObject({ to: z.string() }) },
    responses: { 200: { description: 'The thing', body: z.string(), headers: EtagHeader } },
    problems: ['not_found'],
    handle: async ({ body, preconditions }) => {
      if (body.to === 'gone') throw new DomainError('not_found');
      assertPreconditions(preconditions, etag);
      return reply(200, body.to, { etag: versionTag(4) });
    },
  });

const start = async (...endpoints: Endpoint[]) => {
  const { call } = await startApp({ endpoints });
  return {
    get: (headers: Record<string, string> = {}, target = 'GET /things') =>
      call(target, { as: player, headers }),
    patch: (headers: Record<string, string>, to = 'this') =>
      call('PATCH /things', { as: player, headers, body: { to } }),
  };
};

describe('a read that shows an ETag', () => {
  it('is cached by its caller only, and revalidated by the tag', async () => {
    const { get } = await start(read('read'));
    const { headers } = await get();
    expect([headers.get('etag'), headers.get('cache-control')]).toEqual([etag, 'private, no-cache']);
    expect(headers.get('vary')).toBe('accept, authorization');
  });

  it.each(['"3"', 'W/"3"', '"1", "3"', '*'])(
    'is 304 for If-None-Match: %s, with the headers of a 304',
    async (tags) => {
      const { get } = await start(read('read'));
      for (const target of ['GET /things', 'HEAD /things']) {
        const answer = await get({ 'if-none-match': tags }, target);
        expect(answer).toMatchObject({ status: 304, body: undefined });
        const shown = [
          'etag',
          'cache-control',
          'vary',
          'link',
          'content-type',
          'content-language',
          'content-length',
        ];
        expect(shown.map((name) => answer.headers.get(name))).toEqual([
          etag,
          'private, no-cache',
          'accept, authorization',
          null,
          null,
          null,
          null,
        ]);
        expect(answer.headers.get('x-request-id')).not.toBeNull();
      }
    },
  );

  it.each(['"2"', '""', '"3,"', ','])('is 200 for If-None-Match: %s', async (tags) => {
    const { get } = await start(read('read'));
    expect(await get({ 'if-none-match': tags })).toMatchObject({ status: 200, body: 'thing' });
  });

  it('is 412 with its tag when If-Match has another, which is checked first', async () => {
    const { get } = await start(read('read'));
    for (const stale of ['"2"', 'W/"3"', ',']) {
      const answer = await get({ 'if-match': stale, 'if-none-match': '"3"' });
      expect(answer).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
      expect(answer.headers.get('etag')).toBe(etag);
    }
    expect((await get({ 'if-match': '"3"', 'if-none-match': '"3"' })).status).toBe(304);
    expect((await get({ 'if-match': '*' })).status).toBe(200);
  });

  it('ignores conditions on times', async () => {
    const { get } = await start(read('read'));
    const never = 'Thu, 01 Jan 1970 00:00:00 GMT';
    expect((await get({ 'if-unmodified-since': never })).status).toBe(200);
    const always = { 'if-modified-since': new Date(Date.now() + 1_000).toUTCString() };
    expect((await get(always)).status).toBe(200);
  });

  it.each(['3', '"3', 'W/3', '*, "3"', `"${'a'.repeat(4_096)}"`])(
    'is 400 for tags like %.12s',
    async (tags) => {
      const { get } = await start(read('read'));
      const both = await get({ 'if-match': tags, 'if-none-match': tags });
      expect(both).toMatchObject({
        status: 400,
        body: {
          code: 'invalid_request',
          errors: [{ path: 'header.if-match' }, { path: 'header.if-none-match' }],
        },
      });
    },
  );

  it('without access control is cached as its handler says', async () => {
    const { call } = await startApp({ endpoints: [], openApi: { openapi: '3.1.0' } });
    const { headers } = await call('GET /openapi.json');
    expect([headers.get('cache-control'), headers.get('vary')]).toEqual(['no-cache', null]);
  });

  it('ignores conditions when it is not 200', async () => {
    const { get } = await start(read('read', '/things', 202));
    expect((await get({ 'if-none-match': '*' })).status).toBe(202);
    expect((await get({ 'if-match': '"2"' })).status).toBe(202);
  });

  it('is never 304 when its tag does not cover it, but may be 412', async () => {
    const { get } = await start(read('read-whole'));
    expect(await get({ 'if-none-match': '"3"' })).toMatchObject({ status: 200, body: 'thing' });
    expect((await get({ 'if-match': '"2"' })).status).toBe(412);
  });
});

describe('a change', () => {
  it('is made when If-Match has the current tag, and refused with the tag otherwise', async () => {
    const { patch } = await start(change('change'));
    for (const named of ['"3"', '*', '"1","3"'])
      expect((await patch({ 'if-match': named })).status).toBe(200);
    for (const stale of ['"2"', 'W/"3"', ',']) {
      const answer = await patch({ 'if-match': stale });
      expect(answer).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
      expect(answer.headers.get('etag')).toBe(etag);
    }
  });

  it('is refused when If-None-Match has the current tag', async () => {
    const { patch } = await start(change('change'));
    for (const known of ['"3"', 'W/"3"', '*'])
      expect((await patch({ 'if-none-match': known })).status).toBe(412);
    expect((await patch({ 'if-none-match': '"2"' })).status).toBe(200);
  });

  it('of a missing resource ignores conditions', async () => {
    const { patch } = await start(change('change'));
    expect((await patch({ 'if-match': '"2"' }, 'gone')).status).toBe(404);
  });

  it('may need If-Match, and is 428 without it', async () => {
    const { patch } = await start(change('change-required'));
    const without: Record<string, string>[] = [{}, { 'if-match': '' }, { 'if-none-match': '"2"' }];
    for (const headers of without) {
      expect(await patch(headers)).toMatchObject({
        status: 428,
        body: { code: 'precondition_required' },
      });
    }
    expect((await patch({ 'if-match': '"3"' })).status).toBe(200);
    const { patch: free } = await start(change('change'));
    expect((await free({})).status).toBe(200);
  });
});

it('a method cannot be conditional as another', () => {
  expect(() => read('change')).toThrow(TypeError);
  expect(() => change('read')).toThrow(TypeError);
});

it('the API document has the headers, 304, 412 and 428 where they can occur', () => {
  const document = openApiDocument({
    title: 'Test',
    version: '1',
    description: '',
    endpoints: [read('read'), change('change-required'), read('read-whole', '/wholes')],
    problems: {},
  });
  const names = (path: string, method: string) => {
    const operation = z
      .object({ parameters: z.array(z.object({ name: z.string(), required: z.boolean().optional() })) })
      .loose();
    const paths = z
      .object({ paths: z.record(z.string(), z.record(z.string(), operation.loose())) })
      .parse(document).paths;
    const found = paths[path]?.[method];
    return {
      parameters: found?.parameters.map(({ name, required }) => [name, required ?? false]),
      statuses: Object.keys(z.record(z.string(), z.unknown()).parse(found?.['responses'])),
    };
  };
  expect(names('/things', 'get').parameters).toEqual([
    ['If-Match', false],
    ['If-None-Match', false],
  ]);
  expect(names('/things', 'get').statuses).toEqual(expect.arrayContaining(['200', '304', '400', '412']));
  expect(names('/things', 'patch').parameters).toEqual([['If-Match', true]]);
  expect(names('/things', 'patch').statuses).toEqual(expect.arrayContaining(['412', '428']));
  expect(names('/wholes', 'get').statuses).not.toContain('304');
  expect(document).toHaveProperty(['paths', '/things', 'get', 'responses', '304', 'headers', 'etag']);
});

it('the document itself is 304 for a client that has it', async () => {
  const { call } = await startApp({ endpoints: [], openApi: { openapi: '3.1.0' } });
  const first = await call('GET /openapi.json');
  const tag = first.headers.get('etag') ?? '';
  expect(first.headers.get('cache-control')).toBe('no-cache');
  expect(await call('GET /openapi.json', { headers: { 'if-none-match': `W/${tag}` } })).toMatchObject({
    status: 304,
  });
});
