import {
  defineEndpoint,
  listQuery,
  pageReply,
  pageSchema,
  readPage,
  reply,
  type Endpoint,
  type Page,
} from 'service-kit/http';
import { z } from 'zod';
import { AccountParams, READERS } from '../accounts/account-routes.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { refusal } from '../refusal.ts';
import type { EntitlementStore, LedgerPosition } from './entitlement-store.ts';
import { Entitlements, LedgerEntryView, toLedgerEntryView } from './entitlement-schemas.ts';
import type { LedgerEntry } from './ledger.ts';

export interface EntitlementRoutesDependencies {
  accounts: Pick<AccountStore, 'find'>;
  entitlements: Pick<EntitlementStore, 'balancesOf' | 'ledgerOf'>;
}

const tag = 'entitlements';
type LedgerPage = Page<z.infer<typeof LedgerEntryView>>;

const LedgerQuery = z.object(listQuery);
const Position = z
  .tuple([z.iso.datetime(), z.int(), z.string()])
  .transform(([at, sequence, id]): LedgerPosition => ({ at: new Date(at), sequence, id }));
const positionOf = ({ at, sequence, id }: LedgerEntry): z.input<typeof Position> => [
  at.toISOString(),
  sequence,
  id,
];

/** What an account owns, and how it came to. */
export function entitlementRoutes({ accounts, entitlements }: EntitlementRoutesDependencies): Endpoint[] {
  async function ownedBy(accountId: string): Promise<z.infer<typeof Entitlements>> {
    const balances = await entitlements.balancesOf(accountId);
    return { items: balances.map(({ kind, asset, quantity }) => ({ kind, asset, quantity })) };
  }

  async function ledgerPage(accountId: string, query: z.output<typeof LedgerQuery>): Promise<LedgerPage> {
    const page = await readPage(query, {
      filters: { accountId },
      position: Position,
      positionOf,
      read: (after, limit) => entitlements.ledgerOf(accountId, after, limit),
    });
    return { ...page, items: page.items.map(toLedgerEntryView) };
  }

  async function assertKnown(accountId: string): Promise<void> {
    if (!(await accounts.find(accountId))) throw refusal('account_not_found');
  }

  const mine = defineEndpoint({
    method: 'GET',
    path: '/v1/me/entitlements',
    operationId: 'readMyEntitlements',
    summary: 'What I own',
    tag,
    access: 'signed-in',
    responses: { 200: { description: 'Balances', body: Entitlements } },
    handle: async ({ identity }) => reply(200, await ownedBy(identity.userId)),
  });

  const myLedger = defineEndpoint({
    method: 'GET',
    path: '/v1/me/entitlements/ledger',
    operationId: 'listMyLedger',
    summary: 'How I came to own it, newest first',
    tag,
    access: 'signed-in',
    request: { query: LedgerQuery },
    responses: { 200: { description: 'A page of ledger entries', body: pageSchema(LedgerEntryView) } },
    problems: ['invalid_cursor'],
    handle: async ({ identity, query, request }) =>
      pageReply(request.originalUrl, await ledgerPage(identity.userId, query)),
  });

  const ofAccount = defineEndpoint({
    method: 'GET',
    path: '/v1/accounts/{id}/entitlements',
    operationId: 'readEntitlements',
    summary: 'What an account owns',
    tag,
    access: READERS,
    request: { params: AccountParams },
    responses: { 200: { description: 'Balances', body: Entitlements } },
    problems: ['account_not_found'],
    handle: async ({ params }) => {
      await assertKnown(params.id);
      return reply(200, await ownedBy(params.id));
    },
  });

  const ledgerOfAccount = defineEndpoint({
    method: 'GET',
    path: '/v1/accounts/{id}/entitlements/ledger',
    operationId: 'listLedger',
    summary: 'How an account came to own it, newest first',
    tag,
    access: READERS,
    request: { params: AccountParams, query: LedgerQuery },
    responses: { 200: { description: 'A page of ledger entries', body: pageSchema(LedgerEntryView) } },
    problems: ['account_not_found', 'invalid_cursor'],
    handle: async ({ params, query, request }) => {
      await assertKnown(params.id);
      return pageReply(request.originalUrl, await ledgerPage(params.id, query));
    },
  });

  return [mine, myLedger, ofAccount, ledgerOfAccount];
}
