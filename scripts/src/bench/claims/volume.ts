import type { Collection } from 'mongodb';
import { randomUUID } from 'node:crypto';
import { usualPlans, type Benchmark, type Candidate, type Figures } from '../benchmark.ts';
import { median } from '../statistics.ts';
import { closedLoop } from './claim-all.ts';
import { makeLiveEvent, prepareClaims, type ClaimStage } from './claim-stage.ts';

const CLIENTS = 256;
const BATCH = 10_000;
const SMALL = { events: 10, claims: 0 };
const LARGE = { events: 1_000, claims: 1_000_000 };

/** What a claim costs when much is stored, against what it costs when little is. */
export const volume: Benchmark = {
  name: 'volume',
  summary: 'the cost of a claim with 10 live events, and with 1,000 and a million claims stored',
  plans: usualPlans,
  prepare: () =>
    prepareClaims(async (set) => {
      const candidates: Candidate[] = [];
      for (const size of [SMALL, LARGE]) {
        const stage = await set();
        await fill(stage, size);
        candidates.push(closedLoop(stage, CLIENTS, `${size.events} events, ${size.claims} claims`));
      }
      return candidates;
    }),
  conclude: (measured) => {
    const [small = 0, large = 0] = measured.map(({ rounds }) => median(rounds.map(cpuPerClaim)));
    return [`A claim costs ${(large / small).toFixed(2)} times the CPU with much stored.`];
  },
};

/** Live events besides the stage's own, and granted claims of other players, spread over them. */
async function fill(stage: ClaimStage, { events, claims }: typeof SMALL): Promise<void> {
  const made: Pick<ClaimStage, 'eventId' | 'rewardId'>[] = [];
  while (made.length < events - 1) made.push(await makeLiveEvent(stage));
  if (claims === 0) return;
  const collection = stage.client.db('event_db').collection<StoredClaim>('claims');
  const template = await grantedClaim(stage, collection);
  const first = Date.now() - claims * 100;
  for (let start = 0; start < claims; start += BATCH) {
    const stored = Array.from({ length: BATCH }, (_, index): StoredClaim => {
      const id = `clm_${randomUUID()}`;
      const about = { ...template, ...made[(start + index) % made.length] };
      const createdAt = new Date(first + (start + index) * 100);
      return { ...about, _id: id, grantId: `${id}.1`, accountId: `acc_${randomUUID()}`, createdAt };
    });
    await collection.insertMany(stored, { ordered: false });
  }
}

interface StoredClaim {
  _id: string;
  [field: string]: unknown;
}

/** One that a player really made, of which the others are copies. */
async function grantedClaim(stage: ClaimStage, claims: Collection<StoredClaim>): Promise<StoredClaim | null> {
  const round = await closedLoop(stage, 1).prepare(1);
  await round();
  return claims.findOne({ rewardId: stage.rewardId, status: 'granted' });
}

function cpuPerClaim(figures: Figures): number {
  const seconds = Object.entries(figures).flatMap(([name, value]) =>
    name.startsWith('cpu s ') ? [value] : [],
  );
  return seconds.reduce((sum, each) => sum + each, 0) / (figures['answered granted'] ?? 0);
}
