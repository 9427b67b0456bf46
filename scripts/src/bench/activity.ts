import { randomUUID } from 'node:crypto';
import {
  usualPlans,
  type Benchmark,
  type Candidate,
  type Figures,
  type PreparedBenchmark,
} from './benchmark.ts';
import { setClaimStage, strikeClaimStage, type ClaimStage } from './claims/claim-stage.ts';
import { activityLoad } from './load/load.ts';
import { percentile } from './statistics.ts';

const METRIC = 'quest.completed';
const BATCH_SIZE = 500;
const ACCOUNTS = 20_000;

interface Stage extends ClaimStage {
  accountIds: string[];
  /** Items that were answered as accepted. */
  accepted: number;
}

/** Items a second through the gateway, each stored and counted once for an event with a condition that asks for it. */
export const activity: Benchmark = {
  name: 'activity',
  summary: `items of activity a second in batches of ${BATCH_SIZE}, through the gateway, stored and counted once`,
  plans: usualPlans,
  prepare: async () => {
    const condition = { metric: METRIC, op: '>=', value: 1_000_000 };
    const accountIds = Array.from({ length: ACCOUNTS }, () => `acc_${randomUUID()}`);
    const stage: Stage = { ...(await setClaimStage({ event: { condition } })), accountIds, accepted: 0 };
    return {
      processes: stage.privateSystem.system.servers,
      candidates: [1, 4, 16].map((connections) => gameServers(stage, connections)),
      verify: () => everyItemCountedOnce(stage),
      stop: () => strikeClaimStage(stage),
    } satisfies PreparedBenchmark;
  },
};

function gameServers(stage: Stage, connections: number): Candidate {
  return {
    name: `${connections} game servers`,
    prepare: async (durationMs) => () => reportAll(stage, { connections, durationMs }),
  };
}

async function reportAll(stage: Stage, plan: { connections: number; durationMs: number }): Promise<Figures> {
  const { url } = stage.privateSystem.system;
  const token = stage.mint.clientToken({ clientId: 'cli_bench', scopes: ['activity:write'], issuer: url });
  const { accountIds } = stage;
  const result = await activityLoad({
    ...plan,
    url,
    token,
    accountIds,
    metric: METRIC,
    batchSize: BATCH_SIZE,
  });
  stage.accepted += result.accepted;
  return {
    'items/s': result.accepted / (result.elapsedMs / 1_000),
    'p50 ms': percentile(result.latenciesMs, 0.5),
    'p99 ms': percentile(result.latenciesMs, 0.99),
    'other items': result.others,
    'failed requests': result.failed,
  };
}

/** A figure counts only when the work was right: each item stored, and the sum of the counters. */
async function everyItemCountedOnce({ client, eventId, accepted }: Stage): Promise<void> {
  const db = client.db('event_db');
  const stored = await db.collection('activity').countDocuments();
  const counters = await db
    .collection('progress')
    .aggregate<{ total: number }>([
      { $match: { eventId } },
      { $group: { _id: null, total: { $sum: `$counters.${METRIC.replace('.', '%2e')}.total` } } },
    ])
    .next();
  const seen = { accepted, stored, counted: counters?.total };
  if (stored !== accepted || counters?.total !== accepted)
    throw new Error(`what was accepted, stored and counted does not agree: ${JSON.stringify(seen)}`);
}
