import {
  defineEndpoint,
  listQuery,
  pageReply,
  pageSchema,
  readPage,
  type Endpoint,
  type Page,
} from 'service-kit/http';
import { z } from 'zod';
import { AccountParams, READERS } from '../accounts/account-schemas.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { refusal } from '../http/refusal.ts';
import type { EntitlementStore, LedgerPosition } from './entitlement-store.ts';
import { Entitlements, LedgerEntryView, toLedgerEntryView } from './entitlement-schemas.ts';
import { assetKinds, type Balance, type LedgerEntry } from './ledger.ts';

export interface EntitlementRoutesDeps {
  accounts: Pick<AccountStore, 'find'>;
  entitlements: Pick<EntitlementStore, 'balancesOf' | 'ledgerOf'>;
}

const tag = 'entitlements';
type LedgerPage = Page<z.infer<typeof LedgerEntryView>>;

const MOST_BALANCES = 1_000;
/** So many that there is one page nearly always: they came in one before there were pages. */
const BalancesQuery = z.object({
  ...listQuery,
  limit: z.coerce.number().int().min(1).max(MOST_BALANCES).default(MOST_BALANCES).meta({
    description: 'How many items at most',
  }),
});
const BalancePosition = z
  .tuple([z.enum(assetKinds), z.string()])
  .transform(([kind, asset]) => ({ kind, asset }));
const balancePositionOf = ({ kind, asset }: Balance): z.input<typeof BalancePosition> => [kind, asset];
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
export function entitlementRoutes({ accounts, entitlements }: EntitlementRoutesDeps): Endpoint[] {
  async function ownedBy(
    accountId: string,
    query: z.output<typeof BalancesQuery>,
  ): Promise<z.infer<typeof Entitlements>> {
    const page = await readPage(query, {
      filters: { accountId },
      position: BalancePosition,
      positionOf: balancePositionOf,
      read: (after, limit) => entitlements.balancesOf(accountId, after, limit),
    });
    return { ...page, items: page.items.map(({ kind, asset, quantity }) => ({ kind, asset, quantity })) };
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
    summary: 'My balances',
    tag,
    access: 'signed-in',
    request: { query: BalancesQuery },
    responses: { 200: { description: 'A page of balances', body: Entitlements } },
    problems: ['invalid_cursor'],
    handle: async ({ identity, query, request }) =>
      pageReply(request.originalUrl, await ownedBy(identity.userId, query)),
  });

  const myLedger = defineEndpoint({
    method: 'GET',
    path: '/v1/me/entitlements/ledger',
    operationId: 'listMyLedger',
    summary: 'My ledger entries, newest first',
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
    summary: 'The balances of an account',
    tag,
    access: READERS,
    request: { params: AccountParams, query: BalancesQuery },
    responses: { 200: { description: 'A page of balances', body: Entitlements } },
    problems: ['account_not_found', 'invalid_cursor'],
    handle: async ({ params, query, request }) => {
      await assertKnown(params.id);
      return pageReply(request.originalUrl, await ownedBy(params.id, query));
    },
  });

  const ledgerOfAccount = defineEndpoint({
    method: 'GET',
    path: '/v1/accounts/{id}/entitlements/ledger',
    operationId: 'listLedger',
    summary: 'The ledger entries of an account, newest first',
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
