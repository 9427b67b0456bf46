import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ActivityQueue, type CuttableLink, cuttableLink, openActivityQueue } from './support/broker.ts';
import { echo } from './support/fake-service.ts';
import { resetServices, startGateway, startTestBed, type TestBed } from './support/gateway.ts';
import { rawClient } from './support/raw-client.ts';
import { accessToken, clientToken } from './support/tokens.ts';

const MIB = 1024 * 1024;
const eventually = { timeout: 20_000, interval: 50 };

let link: CuttableLink;
let queue: ActivityQueue;
let bed: TestBed;

beforeAll(async () => {
  link = await cuttableLink();
  queue = await openActivityQueue();
  bed = await startTestBed({ env: { RABBITMQ_URL: link.url } });
});
afterAll(async () => {
  await bed.stop();
  await queue.close();
  await link.close();
});
beforeEach(async () => {
  resetServices(bed, echo);
  await queue.declare();
  await vi.waitUntil(async () => (await publish()).status === 202, eventually);
  await queue.take();
});

const item = (more: object = {}) => ({
  source: 'eu-1',
  id: 'm1',
  accountId: 'acc_2',
  metric: 'quest.completed',
  at: '2026-11-30T23:58:41.120Z',
  ...more,
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const asClient = () => bearer(clientToken(bed.keys, 'activity:write'));

interface PublishOptions {
  headers?: Record<string, string>;
  at?: string;
}

function publish(
  body: unknown = { items: [item()] },
  { headers, at = `${bed.url}/v1/activity/async` }: PublishOptions = {},
) {
  return fetch(at, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...asClient(), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function expectUnavailable(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(await answer.json()).toMatchObject({ code: 'service_unavailable' });
}

describe('a request to a publish route', () => {
  it('becomes a message of its caller, and is answered after the broker’s confirm', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const data = { items: [item({ value: 3, attributes: { difficulty: 'hard' } }), item({ id: 'm2' })] };
    const before = Date.now();
    const answer = await publish(data, { headers: { traceparent, 'x-user-id': 'EVIL' } });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { messageId } = (await answer.json()) as { messageId: string };

    const message = await queue.take();
    expect(message?.properties).toMatchObject({
      messageId,
      type: 'laurel.activity.recorded.v1',
      contentType: 'application/cloudevents+json',
      deliveryMode: 2,
    });
    expect(message?.event).toEqual({
      specversion: '1.0',
      id: messageId,
      source: 'cli_1',
      type: 'laurel.activity.recorded.v1',
      time: expect.any(String),
      datacontenttype: 'application/json',
      traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-/),
      data,
    });
    expect(Date.parse(String(message?.event['time']))).toBeGreaterThanOrEqual(before);
    expect(await queue.take()).toBeUndefined();
    expect([...bed.auth.received, ...bed.events.received]).toEqual([]);
  });

  it.each([
    ['no token', () => ({ authorization: '' }), 401, 'unauthenticated'],
    ['an account', () => bearer(accessToken(bed.keys, { claims: { roles: ['ADMIN'] } })), 403, 'forbidden'],
    ['another scope', () => bearer(clientToken(bed.keys, 'claims:read')), 403, 'forbidden'],
  ])('with %s is refused', async (_what, headers, status, code) => {
    const answer = await publish({}, { headers: headers() });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
    expect(await queue.take()).toBeUndefined();
  });

  it.each<[string, unknown, string | undefined]>([
    ['nothing', '', ''],
    ['a list', [], ''],
    ['no items', {}, 'items'],
    ['an empty list of items', { items: [] }, 'items'],
    ['too many items', { items: Array.from({ length: 1001 }, () => item()) }, 'items'],
    ['an unknown field', { items: [item()], source: 'cli_2' }, 'source'],
    ['an unknown field of an item', { items: [item(), item({ client: 'x' })] }, 'items.1.client'],
    ['an item without its account', { items: [item({ accountId: undefined })] }, 'items.0.accountId'],
    ['a bad metric', { items: [item({ metric: '../x' })] }, 'items.0.metric'],
    ['a time without an offset', { items: [item({ at: '2026-11-30T23:58:41' })] }, 'items.0.at'],
    ['a value below nothing', { items: [item({ value: -1 })] }, 'items.0.value'],
    ['half a surrogate pair', { items: [item({ attributes: { a: 'x\uD800' } })] }, 'items.0.attributes.a'],
    [
      'half of one in a name',
      { items: [item({ attributes: { '\uDC00': 1 } })] },
      'items.0.attributes.\uFFFD',
    ],
  ])('with %s is invalid, and the answer says where', async (_what, body, path) => {
    const answer = await publish(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ path, message: expect.any(String) }],
    });
    expect(await queue.take()).toBeUndefined();
  });

  it.each([
    ['text', '{ not json', {}, 400, 'malformed_json'],
    [
      'a form',
      'items=1',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    ['something zipped', 'x', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
  ])('with %s is refused', async (_what, body, headers, status, code) => {
    const answer = await publish(body, { headers });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  it('may be as long as its route allows, announced or not', async () => {
    const long = (bytes: number) => {
      const empty = JSON.stringify({ items: [item({ attributes: { a: '' } })] });
      return empty.replace('"a":""', `"a":"${'x'.repeat(bytes - empty.length)}"`);
    };
    expect((await publish(long(4 * MIB))).status).toBe(202);
    const tooLong = await publish(long(4 * MIB + 1));
    expect(tooLong.status).toBe(413);
    expect(await tooLong.json()).toMatchObject({ code: 'payload_too_large' });

    const client = await rawClient(bed.port);
    const head = `POST /v1/activity/async HTTP/1.1\r\nHost: x\r\nAuthorization: ${asClient().authorization}\r\nContent-Type: application/json\r\n`;
    client.send(`${head}Transfer-Encoding: chunked\r\n\r\n${(5 * MIB).toString(16)}\r\n`);
    client.send(Buffer.alloc(4 * MIB + 1, 0x20));
    await vi.waitFor(() => expect(client.received()).toMatch(/^HTTP\/1.1 413 /), eventually);
    client.socket.destroy();
  });

  it('with Expect: 100-continue is told to send its body, or refused without it', async () => {
    const head = (more: string) =>
      `POST /v1/activity/async HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n${more}\r\n`;
    const body = JSON.stringify({ items: [item()] });
    const client = await rawClient(bed.port);
    client.send(head(`Authorization: ${asClient().authorization}\r\nContent-Length: ${body.length}\r\n`));
    await vi.waitFor(() => expect(client.received()).toBe('HTTP/1.1 100 Continue\r\n\r\n'));
    client.send(body);
    expect(await client.closed()).toMatch(/HTTP\/1.1 202 /);
    const refused = await rawClient(bed.port);
    refused.send(head(`Content-Length: ${body.length}\r\n`));
    expect(await refused.closed()).toMatch(/^HTTP\/1.1 401 /);
  });
});

describe('a client sends again what the broker does not take, because', () => {
  it('no queue is bound, or the queue is full', async () => {
    await queue.declare({ bound: false });
    await expectUnavailable(await publish());
    await queue.declare({ full: true });
    await expectUnavailable(await publish());
    await vi.waitFor(() =>
      expect(bed.log.filter(({ message }) => message === 'Message not published')).toMatchObject([
        { route: 'activity-async', code: 'returned' },
        { route: 'activity-async', code: 'nacked' },
      ]),
    );
    await queue.declare();
    expect((await publish()).status).toBe(202);
  });

  it('the broker was down', async () => {
    link.breakOff();
    await vi.waitFor(async () => expectUnavailable(await publish()), eventually);
    const ready = await (await fetch(`${bed.adminUrl}/readyz`)).json();
    expect(ready).toMatchObject({ checks: { publishing: { status: 'degraded' } } });
    link.mend();
    await vi.waitFor(async () => expect((await publish()).status).toBe(202), eventually);
  });
});

describe('a gateway', () => {
  const half = (path: string, body: string) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${asClient().authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`;
  const ASYNC = '/v1/activity/async';
  const body = JSON.stringify({ items: [item()] });

  it('holds a limited number of bytes at once, but always one request', async () => {
    const own = await startGateway(bed, { RABBITMQ_URL: link.url, PUBLISH_BYTES_IN_FLIGHT: '1' });
    try {
      const at = own.url + ASYNC;
      await vi.waitFor(async () => expect((await publish(undefined, { at })).status).toBe(202), eventually);
      const client = await rawClient(own.port);
      const closed = client.closed();
      client.send(half(ASYNC, body).replace('\r\n', '\r\nExpect: 100-continue\r\n'));
      await vi.waitFor(() => expect(client.received()).toMatch(/^HTTP\/1.1 100 /), eventually);
      await expectUnavailable(await publish(undefined, { at }));
      client.send(body.slice(10));
      expect(await closed).toMatch(/HTTP\/1.1 202 /);
      await vi.waitFor(async () => expect((await publish(undefined, { at })).status).toBe(202), eventually);
    } finally {
      await own.stop();
    }
  });

  it('waits for a body for the time-out of the route', async () => {
    const own = await startGateway(bed, { RABBITMQ_URL: link.url, ROUTES_FILE: 'test/support/routes.yaml' });
    try {
      const client = await rawClient(own.port);
      client.send(half('/publish', body));
      expect(await client.closed()).toMatch(/^HTTP\/1.1 408 [^]*"code":"request_timeout"/);
    } finally {
      await own.stop();
    }
  });

  it('without a broker publishes nothing', async () => {
    const own = await startGateway(bed);
    try {
      await expectUnavailable(await publish(undefined, { at: own.url + ASYNC }));
    } finally {
      await own.stop();
    }
  });

  it('whose client disconnects in the middle of its body publishes nothing', async () => {
    const client = await rawClient(bed.port);
    await new Promise((sent) => client.socket.write(half(ASYNC, body), sent));
    client.socket.destroy();
    await vi.waitFor(
      () => expect(bed.log).toContainEqual(expect.objectContaining({ route: 'activity-async', status: 499 })),
      eventually,
    );
    expect(await queue.take()).toBeUndefined();
  });
});
