import { randomBytes } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { Identity, Role } from 'service-kit/identity';
import { isRole } from 'service-kit/identity';
import { z } from 'zod';
import type { System } from './system.ts';

export const PASSWORD = 'zebra-tooth-91';

const Tokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int(),
});
const SignedIn = z.object({ account: z.object({ id: z.string(), username: z.string() }), tokens: Tokens });
const Refreshed = z.object({ tokens: Tokens });

export type Tokens = z.infer<typeof Tokens>;

/** A player with a session. */
export interface Player {
  id: string;
  username: string;
  tokens: Tokens;
  /** What the gateway would say about a request with the access token. */
  as: Identity;
}

export const randomName = (): string => `p.${randomBytes(8).toString('hex')}`;

export async function register(system: System, username = randomName()): Promise<Player> {
  const answer = await system.call('POST', '/v1/auth/register', { json: { username, password: PASSWORD } });
  return playerIn(answer.body);
}

export async function logIn(
  system: System,
  username: string,
  password = PASSWORD,
  instance = 0,
): Promise<Player> {
  const answer = await system.call('POST', '/v1/auth/login', { json: { username, password }, instance });
  return playerIn(answer.body);
}

export async function refresh(system: System, refreshToken: string, instance = 0) {
  const answer = await system.call('POST', '/v1/auth/refresh', { json: { refreshToken }, instance });
  const tokens = answer.status === 200 ? Refreshed.parse(answer.body).tokens : undefined;
  return { ...answer, tokens };
}

/** Whether a refresh with the token that they have still succeeds. */
export async function isAlive(system: System, who: Player): Promise<boolean> {
  return (await refresh(system, who.tokens.refreshToken)).status === 200;
}

export function playerIn(body: unknown): Player {
  const { account, tokens } = SignedIn.parse(body);
  return { id: account.id, username: account.username, tokens, as: identityIn(tokens.accessToken) };
}

export function identityIn(accessToken: string): Identity {
  const claims = z
    .object({ sub: z.string(), sid: z.string(), roles: z.array(z.string()) })
    .parse(jsonwebtoken.decode(accessToken));
  const roles = claims.roles.filter((role): role is Role => isRole(role));
  return { userId: claims.sub, sessionId: claims.sid, roles, scopes: [], clientAddress: '203.0.113.7' };
}

export function versionIn(accessToken: string): number {
  return z.object({ ver: z.int() }).parse(jsonwebtoken.decode(accessToken)).ver;
}
