import { createHash } from 'node:crypto';
import type { Caller } from 'service-kit/audit';
import type { ShellProblem } from 'service-kit/http';
import type { AccountStatus } from '../accounts/account.ts';
import type { RefusalCode } from '../http/refusal.ts';
import { openLedgerBatch, type LedgerBatch } from './ledger-batch.ts';
import { entryId, type AssetKind, type Balance, type Holding, type LedgerEntry } from './ledger.ts';

/** The kinds that can be ordered. A coupon is a code, which the ledger does not have. */
export const orderableKinds = ['currency', 'item'] as const satisfies AssetKind[];
export type OrderableKind = (typeof orderableKinds)[number];

export type Order = {
  /** Of the order and of the entry that it makes; see {@link orderId}. */
  id: string;
  accountId: string;
  asset: string;
  quantity: number;
  reason: string;
  /** Who asked, and from where. */
  by: Caller;
} & ({ asks: 'grant'; kind: OrderableKind } | { asks: 'spend'; kind?: OrderableKind | undefined });

export type OrderRefusal = Extract<
  RefusalCode,
  | 'account_not_found'
  | 'account_banned'
  | 'account_deleted'
  | 'insufficient_balance'
  | 'ambiguous_asset'
  | 'balance_too_large'
>;

/**
 * One for each key of a caller. An applied order is kept for ever, so that no repetition is applied again, however
 * late. A refusal is kept for as long as a caller may repeat it.
 */
export type OrderDecision = {
  orderId: string;
  /** Of the order as it was first asked; see {@link digestOf}. */
  digest: string;
  decidedAt: Date;
} & ({ outcome: 'applied' } | { outcome: 'refused'; code: OrderRefusal });

export type OrderOutcome =
  | { entry: LedgerEntry }
  | { refused: OrderRefusal | Extract<ShellProblem, 'idempotency_key_reused'> };

/** The stored state from which a group of orders is decided. */
export interface OrdersKnown {
  /** By order id. */
  decisions: ReadonlyMap<string, OrderDecision>;
  /** Of orders that were applied before, by id. */
  entries: ReadonlyMap<string, LedgerEntry>;
  /** By account id; what is missing is unknown. */
  statuses: ReadonlyMap<string, AccountStatus>;
  /** By id. */
  balances: ReadonlyMap<string, Balance>;
}

export interface OrdersDecided {
  /** One for each order, in their order. */
  outcomes: OrderOutcome[];
  newDecisions: { order: Order; decision: OrderDecision }[];
  newEntries: LedgerEntry[];
  changedBalances: Balance[];
}

/** The same for the same key of the same caller, even if it names another account. */
export const orderId = (asks: Order['asks'], callerId: string, idempotencyKey: string): string =>
  entryId('order', asks, callerId, idempotencyKey);

/** Tells whether two orders under one key are the same. */
export function digestOf({ accountId, kind, asset, quantity, reason }: Order): string {
  return createHash('sha256')
    .update(JSON.stringify([accountId, kind ?? null, asset, quantity, reason]))
    .digest('base64url');
}

/** Everything that deciding may have to look at. */
export const holdingsOf = ({ accountId, kind, asset }: Order): Holding[] =>
  (kind === undefined ? orderableKinds : [kind]).map((each) => ({ accountId, kind: each, asset }));

/** Decides orders one after the other: each sees what those before it did, and the first one of a key decides. */
export function decideOrders(orders: readonly Order[], known: OrdersKnown, now: Date): OrdersDecided {
  const batch = openLedgerBatch(known.balances, now);
  const decisions = new Map(known.decisions);
  const newDecisions: OrdersDecided['newDecisions'] = [];

  const outcomes = orders.map((order): OrderOutcome => {
    const digest = digestOf(order);
    const earlier = decisions.get(order.id);
    if (earlier) {
      if (earlier.digest !== digest) return { refused: 'idempotency_key_reused' };
      return earlier.outcome === 'refused' ? { refused: earlier.code } : { entry: entryOf(order) };
    }
    const code = execute(order, known.statuses.get(order.accountId), batch);
    const about = { orderId: order.id, digest, decidedAt: now };
    const decision: OrderDecision = code
      ? { ...about, outcome: 'refused', code }
      : { ...about, outcome: 'applied' };
    decisions.set(order.id, decision);
    newDecisions.push({ order, decision });
    return code ? { refused: code } : { entry: entryOf(order) };
  });

  function entryOf({ id }: Order): LedgerEntry {
    const entry = known.entries.get(id) ?? batch.entries.get(id);
    if (!entry) throw new Error(`the ledger has no entry of the order ${id}`);
    return entry;
  }
  return {
    outcomes,
    newDecisions,
    newEntries: [...batch.entries.values()],
    changedBalances: batch.changedBalances(),
  };
}

/** Enters the order, or says why it cannot be. */
function execute(
  order: Order,
  status: AccountStatus | undefined,
  batch: LedgerBatch,
): OrderRefusal | undefined {
  if (status === undefined) return 'account_not_found';
  if (status !== 'active') return status === 'banned' ? 'account_banned' : 'account_deleted';
  const holding = holdingMeant(order, batch);
  if (!holding) return 'ambiguous_asset';
  const quantity = order.asks === 'grant' ? order.quantity : -order.quantity;
  if (order.asks === 'spend' && batch.quantityOf(holding) < order.quantity) return 'insufficient_balance';
  if (!batch.canEnter(holding, quantity)) return 'balance_too_large';
  batch.enter({ ...holding, id: order.id, entryKind: order.asks, quantity, reason: order.reason });
  return undefined;
}

/** The kind may be left out where the account has the asset as one kind only. */
function holdingMeant(order: Order, batch: LedgerBatch): Holding | undefined {
  const [first, ...others] = holdingsOf(order);
  const open = holdingsOf(order).filter((holding) => batch.isOpen(holding));
  if (open.length > 1) return undefined;
  return open[0] ?? first ?? others[0];
}
