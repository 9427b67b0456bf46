import { z } from 'zod';
import type { LaurelClient } from '../client/laurel-client.ts';
import { inventUsername, logIn } from '../client/operations.ts';
import type { Cast, Script } from './cast.ts';
import { inventPassword, newPlayer, newProgram } from './people.ts';

/** Makes the accounts, sessions and clients that auth-service's operations can succeed with. */
export async function authScripts(
  client: LaurelClient,
  { player, admin, program, guest, deleter }: Cast,
): Promise<Partial<Record<keyof Cast | 'service', Script>>> {
  const { token } = admin;
  const anybody = await newPlayer(client);
  const account = async () => ({ 'path.id': (await newPlayer(client)).id });
  const program2 = async () => ({ 'path.id': (await newProgram(client, token, ['claims:read'])).id });

  const restorable = await account();
  await client.expect([204], z.unknown(), 'DELETE', `/v1/accounts/${restorable['path.id']}`, { token });
  const rich = await account();
  const gold = { kind: 'currency', asset: 'gold', reason: 'fuzzing' };
  const key = { 'idempotency-key': inventPassword() };
  const grants = `/v1/accounts/${rich['path.id']}/grants`;
  await client.expect([201], z.unknown(), 'POST', grants, {
    token,
    body: { ...gold, quantity: Number.MAX_SAFE_INTEGER },
    headers: key,
  });
  const Offered = z.object({ token: z.string() });
  const offer = `/v1/accounts/${(await account())['path.id']}/password-reset`;
  const { body: reset } = await client.expect([201], Offered, 'POST', offer, { token });
  await logIn(client, player.username, player.password);
  const Sessions = z.object({ items: z.array(z.object({ id: z.string(), current: z.boolean() })) });
  const { body: sessions } = await client.expect([200], Sessions, 'GET', '/v1/me/sessions', {
    token: player.token,
  });
  const elsewhere = sessions.items.find(({ current }) => !current)?.id ?? '';
  const asProgram = { client_id: program.id, client_secret: program.secret };

  return {
    player: {
      parameters: {},
      hints: {
        register: { body: { username: inventUsername(), password: inventPassword() } },
        logIn: { body: { username: anybody.username, password: anybody.password } },
        refresh: { body: { refreshToken: anybody.refreshToken } },
        resetPassword: { body: { token: reset.token, newPassword: inventPassword() } },
        changeMyPassword: { body: { currentPassword: player.password, newPassword: inventPassword() } },
        endMySession: { parameters: { 'path.id': elsewhere } },
        issueToken: { body: { grant_type: 'client_credentials', ...asProgram } },
        introspectToken: { body: { token: anybody.token, ...asProgram } },
        revokeToken: { body: { token: 'unknown' } },
      },
    },
    admin: {
      parameters: { 'path.id': anybody.id },
      hints: {
        createAccount: { body: { username: inventUsername(), password: inventPassword() } },
        deleteAccount: { parameters: await account() },
        restoreAccount: { parameters: restorable },
        replaceRoles: { parameters: await account() },
        setStatus: { parameters: await account(), body: { status: 'banned', reason: 'fuzzing' } },
        grantEntitlement: {
          parameters: await account(),
          body: { ...gold, quantity: 1 },
        },
        rotateClientSecret: { parameters: await program2() },
        deleteClient: { parameters: await program2() },
      },
    },
    operator: {
      parameters: { 'path.id': anybody.id },
      hints: { setStatus: { parameters: await account(), body: { status: 'active', reason: 'fuzzing' } } },
    },
    program: {
      parameters: { 'path.id': anybody.id },
      hints: {
        spendEntitlement: { parameters: rich, body: { asset: 'gold', quantity: 1, reason: 'fuzzing' } },
      },
    },
    guest: {
      parameters: {},
      hints: { upgradeGuest: { body: { username: `${guest.username}-up`, password: inventPassword() } } },
    },
    deleter: { parameters: {}, hints: { deleteMe: { body: { password: deleter.password } } } },
    service: { parameters: { 'path.id': anybody.id }, hints: {} },
  };
}
