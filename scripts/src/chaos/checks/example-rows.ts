import type { InjectedFault } from '../faults/fault.ts';
import type { ClaimRecord } from '../load/journal.ts';
import type { AttemptHistory } from '../watch/transitions.ts';
import type { BalanceRow, ClaimRow, DecisionRow, LedgerRow, SystemState } from './system-state.ts';

// For tests: one claim that was granted as it should be, and what goes with it.

export function aClaim(more: Partial<ClaimRow> = {}): ClaimRow {
  return {
    _id: 'clm_1',
    eventId: 'evt_1',
    rewardId: 'rwd_1',
    accountId: 'acc_1',
    period: 'once',
    status: 'granted',
    attempt: 1,
    grantId: 'clm_1.1',
    caps: [],
    reward: { kind: 'currency', asset: 'gold', quantity: 7 },
    ledgerEntryId: 'led_1',
    ...more,
  };
}

export function aDecision(more: Partial<DecisionRow> = {}): DecisionRow {
  return {
    _id: 'clm_1.1',
    claimId: 'clm_1',
    accountId: 'acc_1',
    outcome: 'granted',
    ledgerEntryId: 'led_1',
    ...more,
  };
}

export function anEntry(more: Partial<LedgerRow> = {}): LedgerRow {
  return {
    _id: 'led_1',
    accountId: 'acc_1',
    grantId: 'clm_1.1',
    kind: 'grant',
    assetKind: 'currency',
    asset: 'gold',
    quantity: 7,
    balanceAfter: 7,
    sequence: 1,
    ...more,
  };
}

export function aBalance(more: Partial<BalanceRow> = {}): BalanceRow {
  return {
    _id: 'acc_1/currency/gold',
    accountId: 'acc_1',
    kind: 'currency',
    asset: 'gold',
    quantity: 7,
    entries: 1,
    ...more,
  };
}

export function aState(more: Partial<SystemState> = {}): SystemState {
  return {
    claims: [aClaim()],
    decisions: [aDecision()],
    ledger: [anEntry()],
    balances: [aBalance()],
    stock: [{ _id: 'rwd_1', total: 10, taken: 1 }],
    grants: [{ _id: 'rwd_1', granted: 1 }],
    pools: [],
    codes: [],
    caps: [],
    progress: [],
    accounts: [{ _id: 'acc_1', status: 'active' }],
    knownAccounts: [],
    ...more,
  };
}

export function aRecord(more: Partial<ClaimRecord> = {}): ClaimRecord {
  return {
    eventId: 'evt_1',
    rewardId: 'rwd_1',
    accountId: 'acc_1',
    unknown: 0,
    seen: new Set(['clm_1']),
    refusals: new Set(),
    ...more,
  };
}

export function anAttempt(more: Partial<AttemptHistory> = {}): AttemptHistory {
  return {
    claimId: 'clm_1',
    attempt: 1,
    statuses: ['pending', 'granted'],
    pendingAt: 1_000,
    finalAt: 2_000,
    ...more,
  };
}

export function aFault(more: Partial<InjectedFault> = {}): InjectedFault {
  return {
    planned: { number: 1, kind: 'kill', target: 'redis', atMs: 0, durationMs: 0, amount: 0 },
    met: 'redis',
    startedAt: 0,
    healedAt: 0,
    ...more,
  };
}
