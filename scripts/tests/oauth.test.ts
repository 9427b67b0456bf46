import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { main as rotateKeys } from '../src/operate/rotate-keys.ts';
import { type Answer, LaurelClient } from '../src/client/laurel-client.ts';
import * as operations from '../src/client/operations.ts';
import { waitUntil } from '../src/processes/wait-until.ts';
import { PrivateSystem } from '../src/system/private-system.ts';
import { urlOf } from '../src/system/service-environment.ts';

const Made = z.object({ id: z.string(), secret: z.string() });
const Issued = z.object({ access_token: z.string(), scope: z.string().optional() });
const Published = z.object({ messageId: z.uuid() });
const Eligibility = z.object({ conditions: z.object({ current: z.number() }) });
const Refreshed = z.object({ tokens: z.object({ accessToken: z.string() }) });
const KeySet = z.object({ keys: z.array(z.object({ kid: z.string() })) });

let laurel: PrivateSystem;
let client: LaurelClient;
let adminToken: string;
let printed: string;

beforeAll(async () => {
  laurel = await PrivateSystem.start({ instances: { 'auth-service': 2, 'api-gateway': 2 } });
  client = new LaurelClient(laurel.system.url);
  const { adminUsername, adminPassword } = laurel.system.credentials;
  adminToken = (await operations.logIn(client, adminUsername, adminPassword)).tokens.accessToken;
}, 120_000);
afterAll(() => laurel.stop());

beforeEach(() => {
  printed = '';
  vi.stubEnv('ADMIN_TOKEN', laurel.system.credentials.adminToken);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function createClient(...scopes: string[]): Promise<z.infer<typeof Made>> {
  const options = { token: adminToken, body: { name: 'Game server', scopes } };
  return (await client.expect([201], Made, 'POST', '/v1/clients', options)).body;
}

async function post(
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = new URLSearchParams(form);
  const response = await fetch(`${client.url}${path}`, { method: 'POST', headers, body });
  return {
    status: response.status,
    headers: response.headers,
    body: await response.json().catch(() => undefined),
  };
}

const basic = ({ id, secret }: z.infer<typeof Made>) => ({
  authorization: `Basic ${btoa(`${id}:${secret}`)}`,
});

async function tokenOf(made: z.infer<typeof Made>): Promise<string> {
  const answer = await post('/oauth/token', { grant_type: 'client_credentials' }, basic(made));
  return Issued.parse(answer.body).access_token;
}

const gateways = () =>
  laurel.system.instances
    .filter(({ service }) => service === 'api-gateway')
    .map(({ address }) => new LaurelClient(urlOf(address)));

/** Waits until every gateway gives this answer to a token. */
async function everywhere(path: string, token: string, status: number, limitMs: number): Promise<void> {
  const agreed = async () => {
    const answers = await Promise.all(gateways().map((each) => each.call('GET', path, { token })));
    return answers.every((answer) => answer.status === status) || undefined;
  };
  await waitUntil(agreed, { limitMs, everyMs: 50, what: `${status} for ${path} at every gateway` });
}

it('a service client reaches through the gateway what its scopes open, and nothing else', async () => {
  const token = await tokenOf(await createClient('accounts:read'));
  const statuses = await Promise.all(
    ['/v1/accounts', '/v1/me', '/v1/clients', '/v1/claims'].map(async (path) => {
      return (await client.call('GET', path, { token })).status;
    }),
  );
  expect(statuses).toEqual([200, 403, 403, 403]);
});

it('a player who asks for scopes gets none, and is let in by roles alone', async () => {
  const { account } = await operations.registerPlayer(client);
  const form = {
    grant_type: 'password',
    username: account.username,
    password: 'wrong',
    scope: 'accounts:read',
  };
  expect(await post('/oauth/token', form)).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
});

it('a wrong secret is answered through the gateway as RFC 6749 wants it', async () => {
  const answer = await post(
    '/oauth/token',
    { grant_type: 'client_credentials' },
    basic({ id: 'x', secret: 'y' }),
  );
  expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

it('the token of a client that was removed is refused at every gateway within a second', async () => {
  const made = await createClient('accounts:read');
  const token = await tokenOf(made);
  await everywhere('/v1/accounts', token, 200, 5_000);
  expect((await client.call('DELETE', `/v1/clients/${made.id}`, { token: adminToken })).status).toBe(204);
  await everywhere('/v1/accounts', token, 401, 1_000);
});

it('a token that was revoked through OAuth is refused at every gateway within a second', async () => {
  const { tokens } = await operations.registerPlayer(client);
  await everywhere('/v1/me', tokens.accessToken, 200, 5_000);
  expect((await post('/oauth/revoke', { token: tokens.refreshToken })).status).toBe(200);
  await everywhere('/v1/me', tokens.accessToken, 401, 1_000);
});

it('what the metadata names is where clients come in', async () => {
  const { body } = await client.call('GET', '/.well-known/oauth-authorization-server');
  expect(body).toMatchObject({ issuer: client.url, token_endpoint: `${client.url}/oauth/token` });
});

it('what a game server publishes through the gateway is counted, each item once', async () => {
  const [token, player] = [
    await tokenOf(await createClient('activity:write')),
    await operations.registerPlayer(client),
  ];
  const event = await operations.createActivityEvent(client, adminToken, 'Published', 11);
  await operations.createGoldReward(client, adminToken, event.id, 1);
  await operations.activateEvent(client, adminToken, event.id);
  const publish = (id: string, value: number) =>
    client.expect([202], Published, 'POST', '/v1/activity/async', {
      token,
      body: {
        items: [
          {
            source: 'eu-1',
            id,
            accountId: player.account.id,
            metric: 'quest.completed',
            value,
            at: new Date().toISOString(),
          },
        ],
      },
    });
  const current = async () => {
    const path = `/v1/events/${event.id}/eligibility`;
    const { body } = await client.expect([200], Eligibility, 'GET', path, {
      token: player.tokens.accessToken,
    });
    return body.conditions.current;
  };
  await publish('one', 1);
  await publish('one', 1);
  await publish('two', 10);
  const all = async () => ((await current()) >= 11 ? true : undefined);
  await waitUntil(all, { limitMs: 20_000, everyMs: 100, what: 'both items to be counted' });
  expect(await current()).toBe(11);
  const { claim } = await operations.claimReward(client, player.tokens.accessToken, event.id);
  expect(claim.status).toBe('granted');
});

const adminUrl = (): string => {
  const { adminPort } =
    laurel.system.instances.find(({ service }) => service === 'auth-service')?.address ?? {};
  return `http://127.0.0.1:${adminPort}`;
};
const kids = async (): Promise<string[]> =>
  (await client.expect([200], KeySet, 'GET', '/.well-known/jwks.json')).body.keys.map(({ kid }) => kid);

it('rotate-keys publishes a key that waits, and asked again makes no other', async () => {
  const [old = ''] = await kids();
  await rotateKeys(['--url', adminUrl()]);
  await rotateKeys(['--url', adminUrl()]);
  expect(printed.match(/waiting/g)).toHaveLength(2);
  printed = '';
  await rotateKeys(['--list', '--url', adminUrl()]);
  expect(printed.trim().split('\n')).toEqual([
    expect.stringMatching(/  waiting  signs from \d{4}-/),
    `${old}  signing`,
  ]);
});

it('rotate-keys --retire ends every token of a key, while its sessions go on with the next one', async () => {
  const { tokens } = await operations.registerPlayer(client);
  await everywhere('/v1/me', tokens.accessToken, 200, 5_000);

  await rotateKeys(['--retire', 'signing', '--url', adminUrl()]);

  const body = { refreshToken: tokens.refreshToken };
  // An instance that has not read the keys again signs with the old one for two seconds at most.
  const renewed = async () => {
    const answer = await client.expect([200], Refreshed, 'POST', '/v1/auth/refresh', { body });
    const { accessToken } = answer.body.tokens;
    const [header = ''] = accessToken.split('.');
    const { kid } = z.object({ kid: z.string() }).parse(JSON.parse(atob(header)));
    return (await kids()).includes(kid) ? accessToken : undefined;
  };
  const next = await waitUntil(renewed, { limitMs: 5_000, everyMs: 200, what: 'a token of the next key' });
  // A gateway looks an unknown key up at most every five seconds, and drops the old one then.
  await everywhere('/v1/me', next, 200, 10_000);
  await everywhere('/v1/me', tokens.accessToken, 401, 5_000);
  expect(await kids()).toHaveLength(1);
}, 60_000);

it('rotate-keys says what is wrong', async () => {
  await expect(rotateKeys(['--retire', 'nobody', '--url', adminUrl()])).rejects.toThrow('404');
  vi.stubEnv('ADMIN_TOKEN', 'guessed');
  await expect(rotateKeys(['--url', adminUrl()])).rejects.toThrow('401');
  await expect(rotateKeys(['--url', 'http://127.0.0.1:1'])).rejects.toThrow('There is no auth-service');
});
