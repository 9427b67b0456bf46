import type { MongoClient } from 'mongodb';

export interface ClaimRow {
  _id: string;
  eventId: string;
  rewardId: string;
  accountId: string;
  period: string;
  status: string;
  attempt: number;
  grantId: string;
  caps: string[];
  reward: { kind: string; asset: string; quantity: number };
  reason?: string;
  /** Of a coupon. */
  code?: string;
  ledgerEntryId?: string;
  waiting?: { stuckSince?: Date };
}

export interface DecisionRow {
  _id: string;
  /** Absent where `_id` is the grant id. */
  grantId?: string;
  claimId: string;
  accountId: string;
  outcome: string;
  code?: string;
  ledgerEntryId?: string;
}

export interface LedgerRow {
  _id: string;
  accountId: string;
  grantId: string;
  kind: string;
  assetKind: string;
  asset: string;
  quantity: number;
  balanceAfter: number;
  sequence: number;
}

export interface BalanceRow {
  _id: string;
  accountId: string;
  kind: string;
  asset: string;
  quantity: number;
  entries: number;
}

export interface ProgressRow {
  _id: string;
  counters: Record<string, { total: number; days: Record<string, number> }>;
}

/** The stored state of both services, read when the system is quiet. */
export interface SystemState {
  claims: ClaimRow[];
  decisions: DecisionRow[];
  ledger: LedgerRow[];
  balances: BalanceRow[];
  stock: { _id: string; total: number | null; taken: number }[];
  grants: { _id: string; granted: number }[];
  /** Of coupons. */
  pools: { _id: string; total: number; end: number }[];
  codes: { rewardId: string; position: number; code: string }[];
  caps: { _id: string; count: number }[];
  progress: ProgressRow[];
  /** As auth-service has them. */
  accounts: { _id: string; status: string }[];
  /** As game-event-service has stored them. */
  knownAccounts: { _id: string; status: string }[];
}

export const grantIdOf = ({ _id, grantId }: DecisionRow): string => grantId ?? _id;

/** Reads both databases. Only checks may do that. */
export async function readSystemState(client: MongoClient): Promise<SystemState> {
  const [events, auth] = [client.db('event_db'), client.db('auth_db')];
  const status = { projection: { status: 1 } };
  return {
    claims: await events.collection<ClaimRow>('claims').find().toArray(),
    decisions: await auth.collection<DecisionRow>('grantDecisions').find().toArray(),
    ledger: await auth.collection<LedgerRow>('ledger').find().toArray(),
    balances: await auth.collection<BalanceRow>('balances').find().toArray(),
    stock: await events.collection<SystemState['stock'][number]>('rewardStock').find().toArray(),
    grants: await events.collection<SystemState['grants'][number]>('rewardGrants').find().toArray(),
    pools: await events.collection<SystemState['pools'][number]>('couponPools').find().toArray(),
    codes: await events.collection<SystemState['codes'][number]>('couponCodes').find().toArray(),
    caps: await events.collection<SystemState['caps'][number]>('claimCaps').find().toArray(),
    progress: await events.collection<ProgressRow>('progress').find().toArray(),
    accounts: await auth.collection<SystemState['accounts'][number]>('accounts').find({}, status).toArray(),
    knownAccounts: await events
      .collection<SystemState['knownAccounts'][number]>('accounts')
      .find({}, status)
      .toArray(),
  };
}
