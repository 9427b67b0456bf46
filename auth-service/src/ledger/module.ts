import type { ConsumerTuning } from 'service-kit/messaging';
import { defineConsumer, type Module, type Platform } from 'service-kit/service';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Audit } from '../audit/audit.ts';
import { REWARDS } from '../messaging/exchanges.ts';
import { answerGrants, type AnswerGrantsDeps } from './answer-grants.ts';
import { createEntitlementMetrics } from './entitlement-metrics.ts';
import { entitlementRoutes } from './entitlement-routes.ts';
import { createEntitlementStore, entitlementIndexes, type EntitlementStore } from './entitlement-store.ts';
import { createOrderCommit } from './execute-orders.ts';
import { orderRoutes } from './order-routes.ts';
import { createOrderStore, orderIndexes } from './order-store.ts';
import { placeOrder } from './place-order.ts';
import { rewardRequests } from './reward-requests-consumer.ts';

export interface LedgerModule extends Module {
  entitlements: EntitlementStore;
}

export interface LedgerNeeds {
  audit: Audit;
  accounts: AccountStore;
  rules: AnswerGrantsDeps['rules'];
  tuning: ConsumerTuning;
}

/** The ledger: grants and revokes by message, spends and make-goods over HTTP, and what each account owns. */
export function createLedger(platform: Platform, needs: LedgerNeeds): LedgerModule {
  const { db, transact, clock, metrics: registry } = platform;
  const { audit, accounts, rules, tuning } = needs;
  const entitlements = createEntitlementStore(db);
  const metrics = createEntitlementMetrics(registry);
  const orders = createOrderCommit({
    accounts,
    entitlements,
    orders: createOrderStore(db),
    audit,
    transact,
    clock,
    metrics,
    registry,
  });
  const answer = answerGrants({ accounts, entitlements, rules, clock, metrics });
  return {
    entitlements,
    endpoints: [
      ...entitlementRoutes({ accounts, entitlements }),
      ...orderRoutes({ placeOrder: placeOrder({ orders }) }),
    ],
    exchanges: [REWARDS],
    consumers: [defineConsumer(rewardRequests(answer), { variables: 'REWARD_REQUESTS', tuning })],
    components: [orders],
    indexes: [...entitlementIndexes, ...orderIndexes],
  };
}
