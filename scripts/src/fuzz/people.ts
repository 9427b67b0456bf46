import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { LaurelClient } from '../client/laurel-client.ts';
import { SignedIn } from '../client/messages.ts';
import { inventUsername, logIn } from '../client/operations.ts';
import type { Identity } from './caller.ts';

/** A user with an account, logged in. */
export interface Person {
  id: string;
  username: string;
  password: string;
  token: string;
  refreshToken: string;
}

/** A service client, with an access token. */
export interface Program {
  id: string;
  secret: string;
  token: string;
}

export const inventPassword = (): string => randomBytes(18).toString('base64url');

export async function newPlayer(client: LaurelClient): Promise<Person> {
  const credentials = { username: inventUsername(), password: inventPassword() };
  const { body } = await client.expect([201], SignedIn, 'POST', '/v1/auth/register', { body: credentials });
  return personOf(body, credentials.password);
}

export async function newGuest(client: LaurelClient): Promise<Person> {
  const body = { deviceId: inventPassword() };
  return personOf((await client.expect([201], SignedIn, 'POST', '/v1/auth/guest', { body })).body, '');
}

export async function newOperator(client: LaurelClient, adminToken: string): Promise<Person> {
  const [username, password] = [inventUsername(), inventPassword()];
  const body = { username, password, roles: ['OPERATOR'] };
  await client.expect([201], z.unknown(), 'POST', '/v1/accounts', { token: adminToken, body });
  return personOf(await logIn(client, username, password), password);
}

export async function newProgram(
  client: LaurelClient,
  adminToken: string,
  scopes: readonly string[],
): Promise<Program> {
  const body = { name: 'Fuzzing', scopes };
  const Made = z.object({ id: z.string(), secret: z.string() });
  const { id, secret } = (
    await client.expect([201], Made, 'POST', '/v1/clients', { token: adminToken, body })
  ).body;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: secret,
  });
  const answer = await fetch(`${client.url}/oauth/token`, { method: 'POST', body: form });
  return {
    id,
    secret,
    token: z.object({ access_token: z.string() }).parse(await answer.json()).access_token,
  };
}

const Claims = z.object({
  sub: z.string(),
  sid: z.string().default(''),
  roles: z.array(z.string()).default([]),
  scope: z
    .string()
    .transform((text) => text.split(' '))
    .default([]),
});

/** What the gateway reads out of an access token. */
export function identityOf(token: string): Identity {
  const [, payload = ''] = token.split('.');
  const { sub, sid, roles, scope } = Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return { userId: sub, sessionId: sid, roles, scopes: scope };
}

export const personOf = ({ account, tokens }: SignedIn, password: string): Person => ({
  id: account.id,
  username: account.username,
  password,
  token: tokens.accessToken,
  refreshToken: tokens.refreshToken,
});
