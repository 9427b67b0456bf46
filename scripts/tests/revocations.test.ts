import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LaurelClient } from '../src/client/laurel-client.ts';
import * as operations from '../src/client/operations.ts';
import type { SignedIn } from '../src/client/messages.ts';
import { PrivateSystem } from '../src/system/private-system.ts';

/** The promises while the broker is up, and while it is down. */
const HEARD_MS = 1_000;
const POLLED_MS = 5_000;
/** For the calls that do the looking, on a machine that is busy. */
const SLACK_MS = 1_000;

let laurel: PrivateSystem;
let gateways: LaurelClient[];
let admin: string;

beforeAll(async () => {
  laurel = await PrivateSystem.start({ instances: { 'api-gateway': 2, 'auth-service': 2 } });
  gateways = laurel.system.instances
    .filter(({ service }) => service === 'api-gateway')
    .map(({ address }) => new LaurelClient(`http://127.0.0.1:${address.port}`));
  admin = await logInAdmin();
}, 120_000);
afterAll(() => laurel.stop());

const [first, second] = [() => gatewayAt(0), () => gatewayAt(1)];

function gatewayAt(index: number): LaurelClient {
  const gateway = gateways[index];
  if (!gateway) throw new Error(`there is no gateway ${index}`);
  return gateway;
}

async function logInAdmin(): Promise<string> {
  const { adminUsername, adminPassword } = laurel.system.credentials;
  return (await operations.logIn(first(), adminUsername, adminPassword)).tokens.accessToken;
}

const statusesOf = ({ tokens: { accessToken: token } }: SignedIn): Promise<number[]> =>
  Promise.all(gateways.map(async (gateway) => (await gateway.call('GET', '/v1/me', { token })).status));

async function expectRefusedWithin(limitMs: number, who: SignedIn): Promise<void> {
  await expect.poll(() => statusesOf(who), { timeout: limitMs + SLACK_MS, interval: 50 }).toEqual([401, 401]);
}

async function put(path: string, token: string, body: object): Promise<void> {
  const { status } = await first().call('PUT', path, { token, body });
  expect(status).toBeLessThan(300);
}

const ban = ({ account }: SignedIn) =>
  put(`/v1/accounts/${account.id}/status`, admin, { status: 'banned', reason: 'test' });

describe('an access token that both gateways have just let through', () => {
  const endings: [string, (who: SignedIn) => Promise<unknown>][] = [
    ['a ban', ban],
    [
      'a change of roles',
      ({ account }) => put(`/v1/accounts/${account.id}/roles`, admin, { roles: ['USER', 'AUDITOR'] }),
    ],
    [
      'a logout of all sessions',
      ({ tokens }) =>
        second().call('POST', '/v1/auth/logout', { token: tokens.accessToken, body: { scope: 'all' } }),
    ],
    ['a logout', ({ tokens }) => second().call('POST', '/v1/auth/logout', { token: tokens.accessToken })],
    [
      'a refresh token that came back',
      async ({ tokens: { refreshToken } }) => {
        const refresh = (token: unknown) =>
          first().call('POST', '/v1/auth/refresh', { body: { refreshToken: token } });
        const child = (await refresh(refreshToken)).body as { tokens: { refreshToken: string } };
        await refresh(child.tokens.refreshToken);
        await refresh(refreshToken);
      },
    ],
  ];

  it.each(endings)('is refused by both within a second of %s', async (_what, end) => {
    const player = await operations.registerPlayer(first());
    expect(await statusesOf(player)).toEqual([200, 200]);

    await end(player);

    await expectRefusedWithin(HEARD_MS, player);
  });

  it('is refused within a second of another password, while the session that asked goes on', async () => {
    const username = operations.inventUsername();
    const password = 'zebra-tooth-91';
    await first().call('POST', '/v1/auth/register', { body: { username, password } });
    const [asking, other] = [
      await operations.logIn(first(), username, password),
      await operations.logIn(second(), username, password),
    ];
    expect(await statusesOf(other)).toEqual([200, 200]);

    const passwords = { currentPassword: password, newPassword: 'yellow-river-77' };
    await put('/v1/me/password', asking.tokens.accessToken, passwords);

    await expectRefusedWithin(HEARD_MS, other);
    expect(await statusesOf(asking)).toEqual([200, 200]);
  });

  it('is refused within five seconds while RabbitMQ is down', async () => {
    const player = await operations.registerPlayer(first());
    expect(await statusesOf(player)).toEqual([200, 200]);
    const broker = laurel.system.server('rabbitmq');
    await broker.kill();
    try {
      await ban(player);
      await expectRefusedWithin(POLLED_MS, player);
    } finally {
      await broker.start();
    }
  }, 90_000);

  it('is still refused after everything was started again', async () => {
    const player = await operations.registerPlayer(first());
    await ban(player);
    // The broker was down just now, so this may have to be asked for instead of heard.
    await expectRefusedWithin(POLLED_MS, player);

    for (const server of laurel.system.servers.toReversed()) await server.stop();
    for (const server of laurel.system.servers) await server.start();

    expect(await statusesOf(player)).toEqual([401, 401]);
  }, 120_000);
});
