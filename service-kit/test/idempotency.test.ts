import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApp, defineEndpoint, DomainError, openApiDocument, reply } from '../src/http/index.ts';
import { createIdempotencyKeys, type IdempotencyKeysOptions } from '../src/mongo/index.ts';
import { client, player, startApp, type Call } from './running-app.ts';
import { openDatabase, recordingLogger, type TestDatabase } from './servers.ts';

const KEY = '5f3c1c0e-8a1d-4f0e-9a6e-0d6f4a8b2c11';
const other = { ...player, userId: 'acc_2' };
const problems = {
  out_of_stock: { status: 409, title: 'Out of stock' },
  too_many: { status: 429, title: 'Too many' },
};

let database: TestDatabase;
let made: string[];
let behave: (name: string) => Promise<void>;
beforeEach(async () => {
  database = await openDatabase();
  made = [];
  behave = async () => undefined;
});
afterEach(() => database.drop());

const Thing = z.strictObject({ name: z.string(), size: z.int().default(1) });

function endpointAt(path: string, operationId: string, idempotencyKey: 'optional' | 'required') {
  return defineEndpoint({
    method: 'POST',
    path,
    operationId,
    summary: 'Make a thing',
    tag: 'things',
    access: 'anyone-authenticated',
    idempotencyKey,
    request: {
      body: Thing,
      ...(path.includes('{') && { params: z.object({ boxId: z.string() }) }),
    },
    responses: { 201: { description: 'Made', body: z.object({ number: z.int() }) } },
    handle: async ({ body, idempotencyId }) => {
      await behave(body.name);
      made.push(idempotencyId ?? 'without');
      return reply(201, { number: made.length }, { location: `/v1/things/${made.length}`, etag: '"1"' });
    },
  });
}
const endpoints = [
  endpointAt('/v1/things', 'makeThing', 'optional'),
  endpointAt('/v1/others', 'makeOther', 'optional'),
  endpointAt('/v1/boxes/{boxId}/things', 'makeThingInBox', 'optional'),
  endpointAt('/v1/payments', 'pay', 'required'),
];

async function start(more: Partial<IdempotencyKeysOptions> = {}) {
  const idempotencyKeys = createIdempotencyKeys({ db: database.db, ...more });
  await idempotencyKeys.ensureIndexes();
  const app = await startApp({ endpoints, problems, idempotencyKeys });
  const post = (
    path: string,
    key: string | undefined,
    body: object = { name: 'a' },
    as: Call['as'] = player,
  ) =>
    app.call(`POST ${path}`, { as, body, ...(key !== undefined && { headers: { 'idempotency-key': key } }) });
  return { post };
}
const rows = () =>
  database.db.collection<{ _id: string; leaseUntil: Date; expiresAt: Date }>('idempotencyKeys');

describe('a request with an Idempotency-Key', () => {
  it('that is repeated gets the first answer again: status, headers and body, with fields in any order', async () => {
    const { post } = await start();
    const first = await post('/v1/things', KEY, { name: 'a', size: 2 });
    const again = await post('/v1/things', KEY, { size: 2, name: 'a' });
    expect(first).toMatchObject({ status: 201, body: { number: 1 } });
    expect([again.status, again.body]).toEqual([201, { number: 1 }]);
    for (const name of ['location', 'etag', 'content-type'])
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    expect(again.headers.get('location')).toBe('/v1/things/1');
    expect(made).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
  });

  it('that arrives twenty times at once at two instances is executed once', async () => {
    const [one, two] = [await start(), await start()];
    const gate = Promise.withResolvers<void>();
    behave = () => gate.promise;
    let refused = 0;
    const answers = Array.from({ length: 20 }, async (_, index) => {
      const answer = await (index % 2 ? one : two).post('/v1/things', KEY);
      if (answer.status === 409) refused += 1;
      return answer;
    });
    await expect.poll(() => refused, { timeout: 10_000 }).toBe(19);
    gate.resolve();
    const done = await Promise.all(answers);
    expect(made).toHaveLength(1);
    expect(done.filter(({ status }) => status === 201).map(({ body }) => body)).toEqual([{ number: 1 }]);
    const others = done.filter(({ status }) => status === 409);
    expect(others.map(({ headers }) => headers.get('retry-after'))).toEqual(Array(19).fill('1'));
    expect(others[0]?.body).toMatchObject({ code: 'idempotency_in_progress' });
    expect((await two.post('/v1/things', KEY)).body).toEqual({ number: 1 });
  });

  it('with another body, or at another target of the route, is refused', async () => {
    const { post } = await start();
    await post('/v1/boxes/1/things', KEY);
    const reused = { status: 422, body: { code: 'idempotency_key_reused' } };
    expect(await post('/v1/boxes/1/things', KEY, { name: 'b' })).toMatchObject(reused);
    expect(await post('/v1/boxes/2/things', KEY)).toMatchObject(reused);
    expect(made).toHaveLength(1);
  });

  it('belongs to its caller and route', async () => {
    const { post } = await start();
    await post('/v1/things', KEY);
    await post('/v1/things', KEY, { name: 'a' }, other);
    await post('/v1/things', KEY, { name: 'a' }, client);
    await post('/v1/others', KEY);
    expect(new Set(made).size).toBe(4);
    await post('/v1/things', undefined);
    await post('/v1/things', undefined);
    expect(made.slice(4)).toEqual(['without', 'without']);
  });

  it('that was refused is refused again, but after 429 and 5xx it may be tried', async () => {
    const { post } = await start();
    const refused = new DomainError('out_of_stock', 'None left', { members: { left: 0 } });
    const first = async (key: string, error: Error): Promise<number> => {
      behave = () => Promise.reject(error);
      return (await post('/v1/things', key)).status;
    };
    expect(await first('k-409', refused)).toBe(409);
    expect(await first('k-429', new DomainError('too_many'))).toBe(429);
    expect(await first('k-500', new Error('broken'))).toBe(500);
    expect(await first('k-503', new DomainError('service_unavailable'))).toBe(503);
    behave = async () => undefined;
    expect(await post('/v1/things', 'k-409')).toMatchObject({
      status: 409,
      body: { code: 'out_of_stock', detail: 'None left', left: 0 },
    });
    expect((await post('/v1/things', 'k-429')).status).toBe(201);
    expect((await post('/v1/things', 'k-500')).status).toBe(201);
    expect((await post('/v1/things', 'k-503')).status).toBe(201);
    expect(made).toHaveLength(3);
  });

  it('whose values are invalid leaves the key free', async () => {
    const { post } = await start();
    expect((await post('/v1/things', KEY, { nome: 'a' })).status).toBe(400);
    expect((await post('/v1/things', KEY)).status).toBe(201);
  });

  it('is stored as hashes of key and body only', async () => {
    const { post } = await start();
    await post('/v1/things', KEY, { name: 'a-name-that-nobody-keeps' });
    const stored = JSON.stringify(await rows().find().toArray());
    for (const text of [KEY, player.userId, 'a-name-that-nobody-keeps']) expect(stored).not.toContain(text);
    expect(stored).toContain('/v1/things/1');
  });
});

describe('a key', () => {
  it.each(['', 'with space', 'ü', 'k'.repeat(256)])('like %j is invalid', async (key) => {
    const { post } = await start();
    const answer = await post('/v1/things', key);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'header.idempotency-key' }] } });
    expect(made).toEqual([]);
  });

  it('that is required and missing is a 428', async () => {
    const { post } = await start();
    const needed = { status: 428, body: { code: 'idempotency_key_required' } };
    expect(await post('/v1/payments', undefined)).toMatchObject(needed);
    expect((await post('/v1/payments', KEY)).status).toBe(201);
  });

  it('is in use while the first request runs, however long, and free soon after a crash', async () => {
    const { post } = await start({ leaseMs: 300 });
    const running = Promise.withResolvers<void>();
    behave = (name) => (name === 'slow' ? running.promise : Promise.resolve());
    const first = post('/v1/things', KEY, { name: 'slow' });
    await expect.poll(() => rows().countDocuments()).toBe(1);
    const begun = (await rows().findOne())?.leaseUntil ?? new Date(0);
    const renewed = () => rows().countDocuments({ leaseUntil: { $gt: new Date(begun.getTime() + 300) } });
    await expect.poll(renewed, { timeout: 10_000 }).toBe(1);
    expect(await post('/v1/things', KEY, { name: 'slow' })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_in_progress' },
    });

    // A crash leaves a lease that is not renewed. The request that took it over decides from now on.
    const later = await start({ leaseMs: 60_000, now: () => Date.now() + 1_000 });
    expect((await later.post('/v1/things', KEY, { name: 'fast' })).body).toEqual({ number: 1 });
    running.resolve();
    expect((await first).status).toBe(201);
    expect((await later.post('/v1/things', KEY, { name: 'fast' })).body).toEqual({ number: 1 });
  });

  it('is forgotten after 24 hours, also before MongoDB deletes it', async () => {
    const { post } = await start();
    await post('/v1/things', KEY);
    const [row] = await rows().find().toArray();
    const inHours = ((row?.expiresAt.getTime() ?? 0) - Date.now()) / 3_600_000;
    expect(inHours).toBeGreaterThan(23.9);
    expect(inHours).toBeLessThanOrEqual(24);
    expect(await rows().indexes()).toContainEqual(
      expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }),
    );
    const tomorrow = await start({ now: () => Date.now() + 24 * 3_600_000 });
    expect((await tomorrow.post('/v1/things', KEY, { name: 'b' })).body).toEqual({ number: 2 });
  });
});

describe('an endpoint', () => {
  const { logger } = recordingLogger();

  it('that takes keys shows the header and its problems in the API document', () => {
    const document = openApiDocument({ title: 't', version: '1', description: 'd', endpoints, problems }) as {
      paths: Record<string, { post: { parameters: object[]; responses: Record<string, object> } }>;
    };
    const header = (required: boolean) =>
      expect.objectContaining({ in: 'header', name: 'Idempotency-Key', required });
    const { parameters, responses } = document.paths['/v1/things']?.post ?? { parameters: [], responses: {} };
    expect(parameters).toContainEqual(header(false));
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['409', '422']));
    const needed = document.paths['/v1/payments']?.post;
    expect(needed?.parameters).toContainEqual(header(true));
    expect(Object.keys(needed?.responses ?? {})).toContain('428');
  });

  it('takes keys only with a caller, a JSON answer and a store', () => {
    const spec = { operationId: 'x', summary: 's', tag: 't', method: 'POST', path: '/v1/x' } as const;
    const keyed = { ...spec, idempotencyKey: 'optional', handle: async () => reply(204) } as const;
    const responses = { 204: { description: 'Done' } };
    expect(() => defineEndpoint({ ...keyed, access: 'public', responses })).toThrow('belongs to a caller');
    const file = { 200: { description: 'A file', contentType: 'text/csv' } };
    expect(() =>
      defineEndpoint({ ...keyed, handle: async () => reply(200, 'a'), access: 'signed-in', responses: file }),
    ).toThrow('only an answer in JSON');
    const problem = { ...responses, 409: { description: 'No', contentType: 'application/problem+json' } };
    expect(() => defineEndpoint({ ...keyed, access: 'signed-in', responses: problem })).not.toThrow();
    expect(() =>
      createApp({ service: 's', endpoints, problems, logger, verifyIdentity: () => undefined }),
    ).toThrow('there are no idempotencyKeys');
  });
});
