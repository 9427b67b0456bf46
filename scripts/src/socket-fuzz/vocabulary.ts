import type { Random } from '../chaos/random.ts';
import type { Expectation, PlannedRequest, Target, Who } from './sequence.ts';

/** A request of a well-behaved client. The mark makes its path, and so its answer, unique. */
type Word = (mark: string, random: Random) => PlannedRequest;

type Weighted = readonly [weight: number, item: Word];

const DENIED = [401, 403];
const JSON_TYPE = ['content-type', 'application/json'] as const;
/** The path of a request inside a body. A server answers it only if it mistakes the body for a request. */
export const SMUGGLED = '/smuggled/';

export interface RequestParts {
  method?: string;
  target: string;
  who?: Who;
  headers?: PlannedRequest['headers'];
  expects: Expectation;
}

export function request({
  method = 'GET',
  target,
  who = 'nobody',
  headers = [],
  expects,
}: RequestParts): PlannedRequest {
  const host = ['host', 'localhost'] as const;
  return {
    method,
    target,
    version: '1.1',
    headers: [host, ...headers],
    who,
    body: '',
    expects,
    isLast: false,
  };
}

const get = (target: string, expects: Expectation, who: Who = 'nobody'): PlannedRequest =>
  request({ target, who, expects });

/** Sends a body with its length, or in chunks of a few bytes each. */
export function withBody(planned: PlannedRequest, text: string, random: Random): PlannedRequest {
  if (random.next() < 0.65) {
    const length = ['content-length', String(Buffer.byteLength(text))] as const;
    return { ...planned, headers: [...planned.headers, length], body: text };
  }
  const encoding = ['transfer-encoding', 'chunked'] as const;
  return { ...planned, headers: [...planned.headers, encoding], body: inChunks(text, random) };
}

export function inChunks(text: string, random: Random): string {
  const chunks: string[] = [];
  for (let at = 0; at < text.length;) {
    const size = random.between(1, Math.max(1, Math.ceil(text.length / 2)));
    const chunk = text.slice(at, at + size);
    chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    at += size;
  }
  return `${chunks.join('')}0\r\n\r\n`;
}

const post = (
  target: string,
  body: object | string,
  expects: Expectation,
  random: Random,
  who: Who = 'nobody',
): PlannedRequest => {
  const planned = request({ method: 'POST', target, who, headers: [JSON_TYPE], expects });
  return withBody(planned, typeof body === 'string' ? body : JSON.stringify(body), random);
};

/** A body that looks like a request. An answer to it would name its path. */
export const requestAsBody = (mark: string): string =>
  `GET ${SMUGGLED}${mark} HTTP/1.1\r\nHost: localhost\r\nX-Rest: `;

const anywhere = (health: string): Weighted[] => [
  [3, () => get('/healthz', { statuses: [200], body: `"service":"${health}"` })],
  [1, () => ({ ...get('/healthz', { statuses: [200] }), method: 'HEAD' })],
  [3, (mark) => get(`/fuzz/${mark}?page=2`, { statuses: [404] })],
  [1, (mark) => ({ ...get(`/fuzz/${mark}`, { statuses: [404] }), method: 'HEAD' })],
  [1, () => ({ ...get('/healthz', { statuses: [405] }), method: 'DELETE' })],
  [1, (mark) => get(`/fuzz/${mark}/%2e%2e/x`, { statuses: [400, 404] })],
  [
    3,
    (mark, random) => post(`/fuzz/${mark}`, `${requestAsBody(mark)}x\r\n\r\n`, { statuses: [404] }, random),
  ],
];

const ofAccounts: Weighted[] = [
  [3, () => get('/v1/me', { statuses: [200], account: 'alice' }, 'alice')],
  [3, () => get('/v1/me', { statuses: [200], account: 'bob' }, 'bob')],
  [1, () => get('/v1/me', { statuses: DENIED })],
  [1, () => get('/v1/me', { statuses: DENIED }, 'stranger')],
  [1, (mark) => get(`/v1/me/entitlements?limit=1&mark=${mark}`, { statuses: [200, 400] }, 'bob')],
  [1, () => get('/.well-known/jwks.json', { statuses: [200], body: '"keys"' })],
  [4, (mark, random) => logIn(mark, random)],
  [1, (mark, random) => guest(`device-of-the-fuzzer-${random.between(1, 3)}-${mark}`, random)],
  [1, (_mark, random) => guest(`device-of-the-fuzzer-${random.between(1, 3)}`, random)],
  [1, (mark, random) => register(mark, random)],
  [1, (mark, random) => post('/v1/auth/register', { mark }, { statuses: [400] }, random)],
  [1, (_mark, random) => post('/v1/auth/login', '{"username":', { statuses: [400] }, random)],
];

const logIn = (mark: string, random: Random): PlannedRequest =>
  post('/v1/auth/login', { username: `nobody-${mark}`, password: 'a laurel for me' }, NOT_LET_IN, random);
const NOT_LET_IN = { statuses: [401] };

const guest = (deviceId: string, random: Random): PlannedRequest =>
  post('/v1/auth/guest', { deviceId }, { statuses: [200, 201, 409] }, random);

const register = (mark: string, random: Random): PlannedRequest => {
  const body = { username: `fuzz-${mark}`, password: `a laurel for ${mark}` };
  // A sequence that is played again finds its account there.
  return post('/v1/auth/register', body, { statuses: [201, 409] }, random);
};

const ofEvents: Weighted[] = [
  [2, () => get('/v1/events', { statuses: [200], body: '"items"' }, 'alice')],
  [2, (mark) => get(`/v1/events/${mark}`, { statuses: [400, 404] }, 'bob')],
  [1, () => get('/v1/me/progress', { statuses: [200, 400] }, 'alice')],
  [2, () => get('/v1/claims/export', { statuses: [200, 400] }, 'auditor')],
  [1, () => get('/v1/claims/export', { statuses: [403] }, 'alice')],
  [1, (mark) => get(`/v1/claims/${mark}`, { statuses: DENIED })],
  [2, (mark, random) => post(`/v1/events/${mark}/check-in`, {}, { statuses: [400, 404] }, random, 'alice')],
  [1, (mark, random) => post('/v1/activity', { mark }, { statuses: [403] }, random, 'alice')],
];

const ofAdmins: Weighted[] = [
  [1, () => get('/readyz', { statuses: [200] })],
  [1, () => get('/metrics', { statuses: [200], body: 'process_cpu' })],
];

const ofPages: Weighted[] = [
  [1, () => get('/openapi.json', { statuses: [200], body: '"openapi"' })],
  [1, () => get('/readyz', { statuses: [200], body: '"status"' })],
  [1, () => get('/docs', { statuses: [301] })],
];

const admin = [...anywhere('admin'), ...ofAdmins];
const words: Readonly<Record<Target, readonly Weighted[]>> = {
  'api-gateway': [...anywhere('api-gateway'), ...ofPages, ...ofAccounts, ...ofEvents],
  'auth-service': [...anywhere('auth-service'), ...ofAccounts],
  'game-event-service': [...anywhere('game-event-service'), ...ofEvents],
  'api-gateway/admin': admin,
  'auth-service/admin': admin,
  'game-event-service/admin': admin,
};

/** @param mark occurs in no other request. */
export function wellFormed(target: Target, mark: string, random: Random): PlannedRequest {
  return random.pickWeighted((words[target] ?? anywhere(target)).map(([weight, item]) => ({ weight, item })))(
    mark,
    random,
  );
}
