import { type Clock, unique } from 'service-kit/service';
import type { Registry } from '@prometheus-io/client';
import { createGroupCommit, isStoreUnavailable, type GroupCommit } from 'service-kit/mongo';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Attempt, Audit } from '../audit/audit.ts';
import type { Transact, Transaction } from '../database/transact.ts';
import type { EntitlementMetrics } from './entitlement-metrics.ts';
import type { EntitlementStore } from './entitlement-store.ts';
import { balanceId } from './ledger.ts';
import {
  decideOrders,
  holdingsOf,
  type Order,
  type OrderDecision,
  type OrderOutcome,
} from './order-decision.ts';
import type { OrderStore } from './order-store.ts';

export interface ExecuteOrdersDeps {
  accounts: Pick<AccountStore, 'statusesOf'>;
  entitlements: Pick<EntitlementStore, 'entries' | 'balances' | 'writeEntries'>;
  orders: OrderStore;
  audit: Pick<Audit, 'decided'>;
  transact: Transact;
  clock: Clock;
  metrics: EntitlementMetrics;
  registry: Registry;
}

/**
 * Spends and make-goods that arrive together share one transaction, because many of them may be about one account,
 * whose balance is one document. If another instance changes the same balances or keys meanwhile, the transactions
 * conflict and the whole group is decided again. The key of an order is written with its entry: both are stored or
 * neither.
 */
export function createOrderCommit(deps: ExecuteOrdersDeps): GroupCommit<Order, OrderOutcome> {
  return createGroupCommit({
    name: 'ledger orders',
    isUnavailable: isStoreUnavailable,
    metrics: deps.registry,
    run: (orders) => deps.transact((tx) => executeOrders(orders, tx, deps), { retryOnDuplicateKey: true }),
  });
}

async function executeOrders(
  asked: readonly Order[],
  tx: Transaction,
  { accounts, entitlements, orders, audit, clock, metrics }: ExecuteOrdersDeps,
): Promise<OrderOutcome[]> {
  const { session } = tx;
  const decisions = await orders.decisionsOn(unique(asked.map(({ id }) => id)), session);
  const applied = [...decisions.values()].filter(({ outcome }) => outcome === 'applied');
  const entries = await entitlements.entries(
    applied.map((decision) => decision.orderId),
    session,
  );
  const open = asked.filter(({ id }) => !decisions.has(id));
  const statuses = await accounts.statusesOf(unique(open.map(({ accountId }) => accountId)), session);
  const balances = await entitlements.balances(unique(open.flatMap(holdingsOf).map(balanceId)), session);

  const decided = decideOrders(asked, { decisions, entries, statuses, balances }, clock());
  await orders.insert(
    decided.newDecisions.map(({ decision }) => decision),
    session,
  );
  await entitlements.writeEntries(decided, session);
  await audit.decided(decided.newDecisions.map(auditOf), tx);
  tx.afterCommit(() => {
    metrics.countEntries(decided.newEntries);
    for (const { order, decision } of decided.newDecisions) {
      const outcome = decision.outcome === 'applied' ? 'applied' : decision.code;
      metrics.ordersDecided.inc({ asks: order.asks, outcome });
    }
  });
  return decided.outcomes;
}

function auditOf({ order, decision }: { order: Order; decision: OrderDecision }) {
  const { accountId, asks, asset, quantity, reason, by } = order;
  const refused = decision.outcome === 'refused' ? decision.code : undefined;
  const details = { asset, quantity, orderId: order.id };
  const attempt: Attempt = { action: `${asks}-entitlements`, by, accountId, reason, details };
  return { attempt, refused };
}
