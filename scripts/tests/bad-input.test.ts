import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, LaurelClient } from '../src/client/laurel-client.ts';
import { Problem } from '../src/client/messages.ts';
import * as operations from '../src/client/operations.ts';
import { PrivateSystem } from '../src/system/private-system.ts';
import { waitUntil } from '../src/processes/wait-until.ts';

const TOKEN_TTL_MS = 1000;

let laurel: PrivateSystem;
let client: LaurelClient;
let userToken: string;
let adminToken: string;

beforeAll(async () => {
  laurel = await PrivateSystem.start();
  client = new LaurelClient(laurel.system.url);
  userToken = (await operations.registerPlayer(client)).tokens.accessToken;
  const { adminUsername, adminPassword } = laurel.system.credentials;
  adminToken = (await operations.logIn(client, adminUsername, adminPassword)).tokens.accessToken;
}, 120_000);
afterAll(() => laurel.stop());

/** The whole problem body of design: type, title, status, code and a request id that is also in the header. */
function expectProblem(answer: Answer, status: number, code: string): Problem {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const problem = Problem.parse(answer.body);
  expect({ status: answer.status, inBody: problem.status, code: problem.code }).toEqual({
    status,
    inBody: status,
    code,
  });
  expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
  return problem;
}

/** Bytes as they are, for what no well-behaved client sends. */
async function post(path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${laurel.system.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const goodAccount = () => ({ username: operations.inventUsername(), password: 'a laurel for the patient' });

describe('a body is refused', () => {
  it.each(['roles', 'status', 'isAdmin'])(
    'with the unknown field %s, and makes no account',
    async (field) => {
      const account = goodAccount();
      const answer = await client.call('POST', '/v1/auth/register', {
        body: { ...account, [field]: ['ADMIN'] },
      });
      const problem = expectProblem(answer, 400, 'invalid_request');
      expect(JSON.stringify(problem.errors)).toContain(field);
      expectProblem(
        await client.call('POST', '/v1/auth/login', { body: account }),
        401,
        'invalid_credentials',
      );
    },
  );

  it('with a field of the wrong type, which is named', async () => {
    const answer = await client.call('POST', '/v1/auth/register', {
      body: { ...goodAccount(), username: 42 },
    });
    const { errors } = expectProblem(answer, 400, 'invalid_request');
    expect(errors?.map(({ path }) => path).join()).toContain('username');
  });

  it('with an operator where a value should be', async () => {
    const body = { username: { $ne: '' }, password: { $ne: '' } };
    expectProblem(await client.call('POST', '/v1/auth/login', { body }), 400, 'invalid_request');
  });

  it('when it is no JSON', async () => {
    expectProblem(await post('/v1/auth/register', '{"username": "ada", '), 400, 'malformed_json');
  });

  it('when it is larger than 1 MiB', async () => {
    const body = JSON.stringify({ ...goodAccount(), displayName: 'x'.repeat(2 * 1024 * 1024) });
    expectProblem(await post('/v1/auth/register', body), 413, 'payload_too_large');
  });
});

describe('a request is refused with 401', () => {
  it('without a token', async () => {
    expectProblem(await client.call('GET', '/v1/me'), 401, 'unauthenticated');
  });

  it('with a token that somebody else signed', async () => {
    expectProblem(await client.call('GET', '/v1/me', { token: forged(userToken) }), 401, 'unauthenticated');
  });

  it('with a token whose claims were changed', async () => {
    const [header = '', payload = '', signature = ''] = userToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const raised = Buffer.from(JSON.stringify({ ...claims, roles: ['ADMIN'] })).toString('base64url');
    const token = [header, raised, signature].join('.');
    expectProblem(await client.call('GET', '/v1/accounts', { token }), 401, 'unauthenticated');
  });

  it('with a token that says it needs no signature', async () => {
    const [, payload = ''] = userToken.split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
    expectProblem(
      await client.call('GET', '/v1/me', { token: `${header}.${payload}.` }),
      401,
      'unauthenticated',
    );
  });

  it('with an expired token', async () => {
    const shortLived = await PrivateSystem.start({
      overrides: { 'auth-service': { ACCESS_TOKEN_TTL: '1s' } },
    });
    try {
      const other = new LaurelClient(shortLived.system.url);
      const { tokens } = await operations.registerPlayer(other);
      const refused = async () => {
        const answer = await other.call('GET', '/v1/me', { token: tokens.accessToken });
        return answer.status === 401 && answer;
      };
      const wait = { limitMs: 60_000 + TOKEN_TTL_MS, everyMs: 100, what: 'the end of the token' };
      expectProblem(await waitUntil(refused, wait), 401, 'unauthenticated');
    } finally {
      await shortLived.stop();
    }
  }, 180_000);
});

it('a player who calls an operator’s route is refused with 403', async () => {
  expectProblem(await client.call('POST', '/v1/events', { token: userToken, body: {} }), 403, 'forbidden');
});

it('staff cannot claim', async () => {
  const event = await operations.createAttendanceEvent(client, adminToken, 'Staff');
  await operations.createGoldReward(client, adminToken, event.id, 1);
  await operations.activateEvent(client, adminToken, event.id);
  const answer = await client.call('POST', `/v1/events/${event.id}/claims`, { token: adminToken, body: {} });
  expectProblem(answer, 403, 'staff_cannot_claim');
});

describe('a service that is called past the gateway', () => {
  const paths = { 'auth-service': '/v1/me', 'game-event-service': '/v1/events' } as const;
  const headers = {
    'x-user-id': 'acc_0000000000000000000000',
    'x-user-roles': 'ADMIN',
    'x-user-scopes': '',
    'x-session-id': 'ses_0000000000000000000000',
    'x-client-address': '127.0.0.1',
    'x-gateway-signature': `v1;k=k1;t=${Date.now()};s=${Buffer.alloc(32).toString('base64url')}`,
  };

  it.each(Object.entries(paths))(
    '%s believes no identity that the gateway did not sign',
    async (service, path) => {
      const direct = new LaurelClient(`http://127.0.0.1:${laurel.system.server(service).port}`);
      expectProblem(await direct.call('GET', path, { headers }), 401, 'unauthenticated');
      expectProblem(await direct.call('GET', path, { token: adminToken }), 401, 'unauthenticated');
    },
  );

  it('identity headers that a client sends through the gateway are ignored', async () => {
    expectProblem(await client.call('GET', '/v1/me', { headers }), 401, 'unauthenticated');
    const answer = await client.call('GET', '/v1/me', {
      token: userToken,
      headers: { 'X-User-Id': 'acc_other' },
    });
    expect(answer.body).toMatchObject({ roles: ['USER'] });
  });
});

/** The same claims under the same key id, signed by a key of our own. */
function forged(token: string): string {
  const [header = '', payload = ''] = token.split('.');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signature = sign('sha256', Buffer.from(`${header}.${payload}`), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${header}.${payload}.${signature.toString('base64url')}`;
}
