import { z } from 'zod';
import type { Scope } from '../src/tokens/scope.ts';
import { staff } from './call.ts';
import type { System } from './system.ts';

export const Made = z.object({ id: z.string(), secret: z.string() });
export type Made = z.infer<typeof Made>;

export async function createClient(system: System, ...scopes: Scope[]): Promise<Made> {
  const json = { name: 'Game server', scopes };
  return Made.parse((await system.call('POST', '/v1/clients', { as: staff('ADMIN'), json })).body);
}

export async function rotateSecret(system: System, { id }: Made): Promise<Made> {
  const as = staff('ADMIN');
  return Made.parse((await system.call('POST', `/v1/clients/${id}/rotate-secret`, { as })).body);
}

export const basic = ({ id, secret }: Made): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

/** A token that the client got in its own name. */
export async function clientToken(system: System, made: Made, instance = 0): Promise<string> {
  const form = { grant_type: 'client_credentials' };
  const answer = await system.call('POST', '/oauth/token', { form, headers: basic(made), instance });
  return z.object({ access_token: z.string() }).parse(answer.body).access_token;
}
