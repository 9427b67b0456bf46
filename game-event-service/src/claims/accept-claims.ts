import type { Registry } from '@prometheus-io/client';
import type { ClientSession } from 'mongodb';
import type { OutgoingMessage } from 'service-kit/messaging';
import {
  createGroupCommit,
  isStoreUnavailable,
  type GroupCommit,
  type Transact,
  type Transaction,
} from 'service-kit/mongo';
import type { Clock, NewId } from 'service-kit/service';
import { later } from '../catalog/calendar/time.ts';
import { countUp, type Counts } from '../database/counts.ts';
import type { ClaimMetrics } from './claim-metrics.ts';
import { isRefusal, type Refusal } from '../http/refusal.ts';
import type { ProgressUpdater } from '../participation/progress/progress-updater.ts';
import type { StockStore } from '../catalog/rewards/stock-store.ts';
import type { StatsStore } from './stats-store.ts';
import { tallyTransitions } from './tally-transitions.ts';
import type { ClaimSnapshotReader } from './claim-snapshot-reader.ts';
import type { CapStore } from './cap-store.ts';
import { attemptsToKeep } from './claim-attempt.ts';
import type { ClaimAttemptStore } from './claim-attempt-store.ts';
import { rewardRequested } from './claim-messages.ts';
import type { ClaimStore } from './claim-store.ts';
import type { DecisionContext } from '../catalog/rules/decision-context.ts';
import { resolveClaim, type ClaimRequest, type ClaimTarget } from './resolve-claim.ts';
import { decideClaims, type Accepted, type ClaimSnapshot, type Decision } from './decide-claims.ts';

export interface AcceptClaimsDeps {
  snapshots: ClaimSnapshotReader;
  claims: ClaimStore;
  stock: StockStore;
  caps: CapStore;
  stats: StatsStore;
  progressUpdater: Pick<ProgressUpdater, 'noteClaims'>;
  attempts: Pick<ClaimAttemptStore, 'insertAll'>;
  newId: NewId;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
  deadlineMs: number;
  /** How long attempts without a claim are kept, in milliseconds. */
  attemptRetentionMs: number;
  registry: Registry;
  metrics: ClaimMetrics;
}

export type ClaimAcceptance = GroupCommit<ClaimRequest, Decision>;

/**
 * Claims that arrive together share one transaction. It reads what they depend on once for all, decides them in the
 * order of their arrival, and writes stock, claims and messages together. If another instance changes the same stock,
 * caps or claims meanwhile, the transactions conflict and the whole group is decided again.
 */
export function createClaimAcceptance(deps: AcceptClaimsDeps): ClaimAcceptance {
  const { transact, registry, metrics } = deps;

  return createGroupCommit({
    name: 'claims',
    isUnavailable: isStoreUnavailable,
    metrics: registry,
    run: async (requests) => {
      const decisions = await transact((tx) => acceptGroup(requests, tx, deps), {
        retryOnDuplicateKey: true,
      });
      for (const decision of decisions) metrics.claimsDecided.inc({ outcome: outcomeOf(decision) });
      return decisions;
    },
  });
}

async function acceptGroup(
  requests: readonly ClaimRequest[],
  tx: Transaction<OutgoingMessage>,
  deps: AcceptClaimsDeps,
): Promise<Decision[]> {
  const { snapshots, clock, deadlineMs } = deps;
  const now = clock();
  const context = await snapshots.context(requests, now, tx.session);
  const targets = requests.map((request) => resolveClaim(request, context));
  const found = await snapshots.read(targets, tx.session);
  const payloads = await snapshots.payloads(targets, found.stock, tx.session);
  const decisions = decideClaims(targets, { ...found, payloads }, { now, deadlineMs });
  const accepted = decisions.filter((decision) => 'accepted' in decision);
  if (accepted.length > 0) await store(accepted, context.rules, tx, deps);
  await keepAttempts(requests, targets, decisions, {
    attempts: deps.attempts,
    newId: deps.newId,
    attemptRetentionMs: deps.attemptRetentionMs,
    before: found.claims,
    now,
    session: tx.session,
  });
  tx.emit(
    ...accepted.map(({ accepted: claim, traceparent }) =>
      rewardRequested(claim, later(now, deadlineMs), traceparent),
    ),
  );
  return decisions;
}

async function keepAttempts(
  requests: readonly ClaimRequest[],
  targets: readonly (ClaimTarget | Refusal)[],
  decisions: readonly Decision[],
  deps: Pick<AcceptClaimsDeps, 'attempts' | 'newId' | 'attemptRetentionMs'> & {
    before: ClaimSnapshot['claims'];
    now: Date;
    session: ClientSession;
  },
): Promise<void> {
  const { attempts, newId, attemptRetentionMs, before, now, session } = deps;
  const kept = requests.flatMap((request, index) => {
    const decision = decisions[index];
    const at = { before, now, newId: () => newId('att') };
    return decision ? attemptsToKeep(request, targets[index], decision, at) : [];
  });
  if (kept.length > 0) await attempts.insertAll(kept, later(now, attemptRetentionMs), session);
}

async function store(
  accepted: readonly Accepted[],
  rules: DecisionContext['rules'],
  { session }: Transaction<OutgoingMessage>,
  { claims, stock, caps, stats, progressUpdater }: AcceptClaimsDeps,
): Promise<void> {
  const units: Counts = new Map();
  const counts: Counts = new Map();
  for (const { accepted: claim } of accepted) {
    countUp(units, claim.rewardId);
    for (const cap of claim.caps) countUp(counts, cap);
  }
  const fresh = accepted.filter(({ isNew }) => isNew).map(({ accepted: claim }) => claim);
  const again = accepted.filter(({ isNew }) => !isNew).map(({ accepted: claim }) => claim);
  // Stock first: where instances meet it is there, and a conflict found early costs least.
  await stock.take(units, session);
  if (counts.size > 0) await caps.addAll(counts, 1, session);
  if (fresh.length > 0) await claims.insertAll(fresh, session);
  if (again.length > 0) await claims.retryAll(again, session);
  const tallies = tallyTransitions(
    new Map(),
    accepted.map(({ accepted: claim, isNew }) => ({
      eventId: claim.eventId,
      from: isNew ? undefined : ('rejected' as const),
      to: claim.status,
    })),
  );
  if (fresh.length > 0) await progressUpdater.noteClaims(fresh, rules, tallies, session);
  await stats.add(tallies, session);
}

function outcomeOf(decision: Decision): string {
  if (isRefusal(decision)) return decision.code;
  return 'accepted' in decision ? 'accepted' : 'known';
}
