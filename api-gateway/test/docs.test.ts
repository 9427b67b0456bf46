import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBed, type TestBed } from './support/gateway.ts';

let bed: TestBed;

interface Document {
  openapi: string;
  info: { title: string };
  paths: Record<string, Record<string, { security: object[]; operationId: string }>>;
  components: Record<string, Record<string, object>>;
}

const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const operation = (operationId: string, name: string) => ({
  operationId,
  responses: { 200: { description: 'ok', content: { 'application/json': { schema: schema(name) } } } },
});

async function documentOf({ url }: TestBed): Promise<Document> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as Document;
}

beforeAll(async () => {
  bed = await startTestBed({ env: { DOCS_REFRESH: '100ms' } });
  bed.auth.document = {
    openapi: '3.1.0',
    info: { title: 'auth', version: '1' },
    paths: {
      '/v1/auth/login': { post: operation('login', 'Item') },
      '/v1/me': { get: operation('get', 'Item') },
      '/internal/accounts/{id}/status': { get: operation('status', 'Item') },
      '/openapi.json': { get: operation('getOpenApi', 'Item') },
    },
    components: { schemas: { Item: { type: 'string' } } },
  };
  bed.events.document = {
    openapi: '3.1.0',
    info: { title: 'events', version: '1' },
    paths: {
      '/v1/events/{id}': { get: operation('get', 'Item') },
      '/v1/me': { get: operation('fake', 'Item') },
    },
    components: { schemas: { Item: { type: 'number' } } },
  };
});
afterAll(async () => {
  await bed.stop();
});

it('the document combines all services, as the gateway routes to them', async () => {
  await vi.waitFor(async () => {
    const { paths } = await documentOf(bed);
    expect(Object.keys(paths)).toEqual([
      '/healthz',
      '/readyz',
      '/v1/activity/async',
      '/v1/auth/login',
      '/v1/me',
      '/v1/events/{id}',
    ]);
  });
  const { openapi, paths, components } = await documentOf(bed);
  expect(openapi).toBe('3.1.0');
  expect(paths['/v1/auth/login']?.['post']?.security).toEqual([]);
  expect(paths['/v1/me']?.['get']).toMatchObject({ operationId: 'get', security: [{ bearer: [] }] });
  expect(paths['/v1/events/{id}']?.['get']).toMatchObject({
    operationId: 'game-event-service.get',
    responses: { 200: { content: { 'application/json': { schema: schema('GameEventServiceItem') } } } },
  });
  expect(components['schemas']).toMatchObject({
    Item: { type: 'string' },
    GameEventServiceItem: { type: 'number' },
    GatewayProblem: { type: 'object' },
  });
});

it('every reference in it resolves', async () => {
  const document = await documentOf(bed);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/([^/]+)\/([^"]+)"/g)];
  expect(references.length).toBeGreaterThan(5);
  for (const [, section = '', name = ''] of references) {
    expect(document.components[section]).toHaveProperty([name]);
  }
});

it('publish routes are described from the contracts of their messages', async () => {
  const { paths } = await documentOf(bed);
  expect(paths['/v1/activity/async']?.['post']).toMatchObject({
    operationId: 'activityAsync',
    security: [{ bearer: [] }],
    requestBody: {
      content: {
        'application/json': {
          schema: {
            required: ['items'],
            additionalProperties: false,
            properties: { items: { maxItems: 1000 } },
          },
        },
      },
    },
    responses: { 202: {}, 400: {}, 401: {}, 403: {}, 413: {}, 503: {} },
  });
});

describe('compression', () => {
  const encodingOf = async (path: string, method = 'GET') => {
    const answer = await fetch(bed.url + path, { method, headers: { 'accept-encoding': 'gzip' } });
    await answer.arrayBuffer();
    return answer.headers.get('content-encoding');
  };

  it.each(['/openapi.json', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js'])(
    'shortens %s',
    async (path) => {
      expect(await encodingOf(path)).toBe('gzip');
      expect(
        (await fetch(bed.url + path, { headers: { 'accept-encoding': 'identity' } })).headers.get('vary'),
      ).toMatch(/accept-encoding/i);
    },
  );

  it("is never applied to a service's answer: its length could reveal a token", async () => {
    bed.auth.answer = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ accessToken: 'x'.repeat(10_000) }));
    };
    expect(await encodingOf('/v1/auth/login', 'POST')).toBeNull();
  });
});

describe('a client that has the document', () => {
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(bed.url + path, { method, headers });

  it.each(['/openapi.json', '/docs/', '/docs/swagger-ui-bundle.js', '/docs/favicon-32x32.png'])(
    'of %s gets 304',
    async (path) => {
      await vi.waitFor(async () => {
        const first = await get(path);
        const etag = first.headers.get('etag') ?? '';
        expect(etag).toMatch(/^"[\w-]+"$/);
        for (const known of [etag, `"x", W/${etag}`, '*']) {
          for (const method of ['GET', 'HEAD']) {
            const again = await get(path, { 'if-none-match': known }, method);
            const said = [
              again.headers.get('etag'),
              again.headers.get('cache-control'),
              again.headers.get('vary'),
            ];
            expect([again.status, ...said]).toEqual([304, etag, 'no-cache', first.headers.get('vary')]);
          }
        }
        expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
        expect((await get(path, { 'if-match': '"other"' })).status).toBe(412);
        expect((await get(path, { 'if-none-match': 'other' })).status).toBe(400);
      });
    },
  );

  it('has it in one encoding: each encoding has its own tag', async () => {
    await vi.waitFor(async () => {
      const path = '/openapi.json';
      const tags = new Map<string, string>();
      const texts = new Set<string>();
      for (const encoding of ['identity', 'gzip', 'br']) {
        const answer = await get(path, { 'accept-encoding': encoding, origin: 'https://elsewhere.example' });
        expect(answer.headers.get('content-encoding') ?? 'identity').toBe(encoding);
        expect(answer.headers.get('vary')).toMatch(/accept-encoding/i);
        tags.set(encoding, answer.headers.get('etag') ?? '');
        texts.add(await answer.text());
      }
      expect([new Set(tags.values()).size, texts.size]).toEqual([3, 1]);
      for (const encoding of tags.keys()) {
        for (const [known, etag] of tags) {
          const answer = await get(path, { 'accept-encoding': encoding, 'if-none-match': etag });
          expect(answer.status).toBe(known === encoding ? 304 : 200);
          await answer.arrayBuffer();
        }
      }
    });
  });

  it('gets the encoding that it prefers, or none', async () => {
    const encodingFor = async (accepted: string) => {
      const answer = await get('/docs/swagger-ui.css', { 'accept-encoding': accepted });
      expect((await answer.text()).length).toBeGreaterThan(10_000);
      return answer.headers.get('content-encoding');
    };
    expect(await encodingFor('br;q=0.1, gzip')).toBe('gzip');
    expect(await encodingFor('gzip;q=0, br')).toBe('br');
    expect(await encodingFor('zstd')).toBeNull();
    expect(await encodingFor('*;q=0')).toBeNull();
  });
});

it('follows the services, and keeps the last document of a service that is down', async () => {
  const own = await startTestBed({ env: { DOCS_REFRESH: '50ms' } });
  const paths = { '/v1/events': { get: operation('list', 'Item') } };
  own.events.document = { openapi: '3.1.0', info: { title: 'events', version: '1' }, paths };
  try {
    await vi.waitFor(async () => expect((await documentOf(own)).paths).toHaveProperty('/v1/events'));
    own.events.document = { hello: 'world' };
    await vi.waitFor(() =>
      expect(own.log).toContainEqual(
        expect.objectContaining({ message: 'API document not loaded', ofService: 'game-event-service' }),
      ),
    );
    expect((await documentOf(own)).paths).toHaveProperty('/v1/events');
  } finally {
    await own.stop();
  }
});

describe('/docs/', () => {
  it('is the target of /docs', async () => {
    const answer = await fetch(`${bed.url}/docs`, { redirect: 'manual' });
    expect(answer.status).toBe(301);
    expect(answer.headers.get('location')).toBe('/docs/');
  });

  it('is a page whose scripts and styles are local files', async () => {
    const answer = await fetch(`${bed.url}/docs/`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    const html = await answer.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style=|onload=|https?:\/\//);
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files).toContain('initializer.js');
    for (const file of files) {
      const part = await fetch(new URL(file, `${bed.url}/docs/`));
      expect(part.status).toBe(200);
      expect((await part.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
  });

  it.each(['/docs/package.json', '/docs/index.js', '/docs/swagger-ui.js.map', '/docs/x/index.html'])(
    '%s is not served',
    async (path) => {
      expect((await fetch(bed.url + path)).status).toBe(404);
    },
  );
});
