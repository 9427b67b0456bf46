import { callerOf } from 'service-kit/audit';
import { defineEndpoint, DomainError, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { AccountParams } from '../accounts/account-schemas.ts';
import { Reason } from '../accounts/profile.ts';
import { LedgerEntryView, toLedgerEntryView } from './entitlement-schemas.ts';
import { orderableKinds, orderId, type Order } from './order-decision.ts';
import type { PlaceOrder } from './place-order.ts';

export interface OrderRoutesDeps {
  placeOrder: PlaceOrder;
}

const tag = 'entitlements';
const Asset = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, 'must be 1 to 128 of letters, digits, . _ : -')
  .meta({ example: 'gold' });
const Kind = z.enum(orderableKinds);
const Quantity = z.int().min(1);

const Spend = z.strictObject({
  kind: Kind.optional().meta({ description: 'Needed if the account has the asset as both kinds' }),
  asset: Asset,
  quantity: Quantity,
  reason: Reason.meta({ example: 'bought a wooden shield' }),
});
const Grant = z.strictObject({
  kind: Kind,
  asset: Asset,
  quantity: Quantity,
  reason: Reason.meta({ example: 'compensation for the outage of 24 Dec' }),
});

const KeyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .meta({
      description: 'Needed. Use a new key for each new order',
      example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
    }),
});

const description =
  'The same key with the same order returns the first answer, and the order is applied once, even if both requests arrive together. Applied orders are kept for ever, refusals for 24 hours. The key belongs to the caller and this call. With a different order, or for another account, it is refused.';
const problems = [
  'idempotency_key_required',
  'idempotency_key_reused',
  'account_not_found',
  'account_banned',
  'account_deleted',
  'ambiguous_asset',
];

/** Changes of a balance that are asked for directly, by a game server or an ADMIN. */
export function orderRoutes({ placeOrder }: OrderRoutesDeps): Endpoint[] {
  const spend = defineEndpoint({
    method: 'POST',
    path: '/v1/accounts/{id}/entitlements/spend',
    operationId: 'spendEntitlement',
    summary: "Spend from an account's balance",
    description,
    tag,
    access: { scopes: ['entitlements:write'] },
    request: { params: AccountParams, body: Spend, headers: KeyHeader },
    responses: { 200: { description: 'The ledger entry', body: LedgerEntryView } },
    problems: [...problems, 'insufficient_balance'],
    handle: async (input) => {
      const { params, body, headers } = input;
      const by = callerOf(input);
      const id = orderId('spend', by.id, keyIn(headers));
      const order: Order = { id, asks: 'spend', accountId: params.id, by, ...body };
      return reply(200, toLedgerEntryView(await placeOrder(order)));
    },
  });

  const grant = defineEndpoint({
    method: 'POST',
    path: '/v1/accounts/{id}/grants',
    operationId: 'grantEntitlement',
    summary: 'Give an account an asset as compensation',
    description,
    tag,
    access: { roles: ['ADMIN'] },
    request: { params: AccountParams, body: Grant, headers: KeyHeader },
    responses: { 201: { description: 'The ledger entry', body: LedgerEntryView } },
    problems: [...problems.filter((code) => code !== 'ambiguous_asset'), 'balance_too_large'],
    handle: async (input) => {
      const { params, body, headers } = input;
      const by = callerOf(input);
      const id = orderId('grant', by.id, keyIn(headers));
      const order: Order = { id, asks: 'grant', accountId: params.id, by, ...body };
      return reply(201, toLedgerEntryView(await placeOrder(order)));
    },
  });

  return [spend, grant];
}

function keyIn({ 'idempotency-key': key }: z.output<typeof KeyHeader>): string {
  if (key === undefined) throw new DomainError('idempotency_key_required');
  return key;
}
