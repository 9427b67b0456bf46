import { waitUntil } from '../../processes/wait-until.ts';
import type { Candidate, Figures } from '../benchmark.ts';
import { load } from '../load/load.ts';
import type { LoadPlan } from '../load/run-load.ts';
import { percentile } from '../statistics.ts';
import { newPlayers, stockOf, type ClaimStage } from './claim-stage.ts';

/** More accounts than any machine claims for in a second, so that a round never runs out of them. */
const ACCOUNTS_PER_SECOND = 6_000;
const SETTLED_WITHIN_MS = 60_000;

/** As many players as connections, each claiming again with another account as soon as it has its answer. */
export function closedLoop(
  stage: ClaimStage,
  connections: number,
  name = `${connections} clients`,
): Candidate {
  return {
    name,
    prepare: async (durationMs) => {
      const tokens = await newPlayers(stage, Math.ceil((durationMs / 1_000) * ACCOUNTS_PER_SECOND));
      return () => claimAll(stage, { tokens, connections, durationMs });
    },
  };
}

/** Claims of the stage's one reward, until all of them are settled. */
export async function claimAll(
  stage: ClaimStage,
  plan: Pick<LoadPlan, 'tokens' | 'connections' | 'rate' | 'leadInMs' | 'durationMs'>,
): Promise<Figures> {
  const before = await stockOf(stage);
  const { url } = stage.privateSystem.system;
  const path = `/v1/events/${stage.eventId}/claims`;
  const result = await load({ ...plan, url, path, method: 'POST', body: '{}' });
  const settled = { limitMs: SETTLED_WITHIN_MS, everyMs: 20, what: 'every claim to be settled' };
  await waitUntil(async () => (await stockOf(stage)).reserved === 0, settled);
  const granted = (await stockOf(stage)).granted - before.granted;
  const seconds = (Date.now() - result.startedAt) / 1_000;
  return figuresOf(result.statuses, result.latenciesMs, granted, seconds);
}

function figuresOf(
  statuses: Record<string, number>,
  latenciesMs: number[],
  granted: number,
  seconds: number,
): Figures {
  const { 201: created = 0, 202: pending = 0, ...others } = statuses;
  return {
    'granted/s': granted / seconds,
    'p50 ms': percentile(latenciesMs, 0.5),
    'p99 ms': percentile(latenciesMs, 0.99),
    'answered granted': created,
    'answered pending': pending,
    'answered otherwise': Object.values(others).reduce((sum, count) => sum + count, 0),
  };
}
