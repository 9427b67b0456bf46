import { randomUUID } from 'node:crypto';
import { client, staff, type Answer } from './call.ts';
import type { System } from './system.ts';

export interface OrderOptions {
  key?: string;
  instance?: number;
  as?: ReturnType<typeof client>;
}

export const GAME_SERVER = client('entitlements:write');

/** Spends as a game server would. */
export function spend(
  system: System,
  accountId: string,
  json: object,
  options: OrderOptions = {},
): Promise<Answer> {
  const { key = randomUUID(), as = GAME_SERVER, ...rest } = options;
  const body = { asset: 'gold', quantity: 1, reason: 'bought a shield', ...json };
  const headers = { 'idempotency-key': key };
  return system.call('POST', `/v1/accounts/${accountId}/entitlements/spend`, {
    json: body,
    as,
    headers,
    ...rest,
  });
}

/** Makes good for something, as an ADMIN would. */
export function give(
  system: System,
  accountId: string,
  json: object,
  options: OrderOptions = {},
): Promise<Answer> {
  const { key = randomUUID(), as = staff('ADMIN'), ...rest } = options;
  const body = { kind: 'currency', asset: 'gold', quantity: 100, reason: 'sorry for the outage', ...json };
  const headers = { 'idempotency-key': key };
  return system.call('POST', `/v1/accounts/${accountId}/grants`, { json: body, as, headers, ...rest });
}
