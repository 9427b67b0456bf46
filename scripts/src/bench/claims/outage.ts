import type { Db } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { brokenInvariants } from '../../invariants/claim-invariants.ts';
import { waitUntil } from '../../processes/wait-until.ts';
import type { Benchmark, Figures } from '../benchmark.ts';
import {
  type ClaimStage,
  everyClaimGrantedOnce,
  newPlayers,
  setClaimStage,
  stockOf,
  strikeClaimStage,
} from './claim-stage.ts';
import { load } from '../load/load.ts';
import { percentile } from '../statistics.ts';

const CLAIMS_PER_SECOND = 100;
/** Each waits for `CLAIM_WAIT_MS` before it is answered 202. */
const CONNECTIONS = 1_000;
const BEFORE_OUTAGE_MS = 3_000;
const SETTLED_WITHIN_MS = 180_000;

/** What an outage of the broker does to claims: a round is as long as the broker is down. */
export const outage: Benchmark = {
  name: 'outage',
  summary: 'claims while the broker is down, and how fast the outbox drains afterwards',
  plans: {
    quick: { rounds: 1, roundMs: 10_000, warmUpMs: 0 },
    thorough: { rounds: 3, roundMs: 60_000, warmUpMs: 0 },
  },
  prepare: async () => {
    const stage = await setClaimStage();
    const { system } = stage.privateSystem;
    return {
      processes: system.servers,
      candidates: [
        {
          name: `${CLAIMS_PER_SECOND} claims/s`,
          prepare: async (outageMs) => {
            const claims = ((BEFORE_OUTAGE_MS + outageMs) * CLAIMS_PER_SECOND) / 1_000;
            const tokens = await newPlayers(stage, claims);
            return () => breakAndMend(stage, tokens, outageMs);
          },
        },
      ],
      verify: async () => {
        await everyClaimGrantedOnce(stage);
        const broken = await brokenInvariants(system.backing);
        if (broken.length > 0) throw new Error(broken.join('\n'));
      },
      stop: () => strikeClaimStage(stage),
    };
  },
};

async function breakAndMend(stage: ClaimStage, tokens: string[], outageMs: number): Promise<Figures> {
  const { system } = stage.privateSystem;
  const broker = system.server('rabbitmq');
  const before = await stockOf(stage);
  const loading = load({
    url: system.url,
    path: `/v1/events/${stage.eventId}/claims`,
    method: 'POST',
    body: '{}',
    tokens,
    connections: CONNECTIONS,
    rate: CLAIMS_PER_SECOND,
    durationMs: BEFORE_OUTAGE_MS + outageMs,
  });
  await delay(BEFORE_OUTAGE_MS);
  await broker.kill();
  const { statuses, latenciesMs } = await loading;
  const messages = await messagesWaiting(stage.client.db('event_db'));
  const drained = drain(stage.client.db('event_db'));
  await broker.start();
  const mendedAt = performance.now();
  const { startedAt, endedAt } = await drained;

  const { 201: created = 0, 202: pending = 0, ...others } = statuses;
  const accepted = created + pending;
  await waitUntil(async () => (await stockOf(stage)).reserved === 0, {
    limitMs: SETTLED_WITHIN_MS,
    what: 'every claim to be settled',
  });
  const granted = (await stockOf(stage)).granted - before.granted;
  // Whoever had no answer may have a claim or not.
  if (granted < accepted || granted > accepted + (others['error'] ?? 0)) {
    throw new Error(`${accepted} claims were accepted, and ${granted} granted`);
  }
  return {
    claims: tokens.length,
    ...Object.fromEntries(Object.entries(statuses).map(([status, count]) => [`answered ${status}`, count])),
    'p50 ms': percentile(latenciesMs, 0.5),
    'p99 ms': percentile(latenciesMs, 0.99),
    'messages in the outbox': messages,
    'drained messages/s': (messages / (endedAt - startedAt)) * 1_000,
    'outbox empty after s': (endedAt - mendedAt) / 1_000,
    'all granted after s': (performance.now() - mendedAt) / 1_000,
  };
}

async function messagesWaiting(db: Db): Promise<number> {
  const [sum] = await db
    .collection('outbox')
    .aggregate<{ messages: number }>([{ $group: { _id: null, messages: { $sum: { $size: '$messages' } } } }])
    .toArray();
  return sum?.messages ?? 0;
}

/** When the first row left the outbox, and when the last one had. */
async function drain(db: Db): Promise<{ startedAt: number; endedAt: number }> {
  const rows = db.collection('outbox');
  const full = await rows.countDocuments();
  const until = async (count: number, what: string): Promise<number> => {
    const wait = { limitMs: SETTLED_WITHIN_MS, everyMs: 20, what };
    await waitUntil(async () => (await rows.estimatedDocumentCount()) <= count, wait);
    return performance.now();
  };
  const startedAt = await until(full - 1, 'the outbox to begin to drain');
  return { startedAt, endedAt: await until(0, 'the outbox to be empty') };
}
