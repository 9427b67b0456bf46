import { usualPlans, type Benchmark, type Candidate } from '../benchmark.ts';
import { claimAll, closedLoop } from './claim-all.ts';
import { newPlayers, prepareClaims, type ClaimStage } from './claim-stage.ts';

const CLIENTS = 512;
const SHARE = 0.7;
/** Enough that a late answer does not delay other requests. */
const CONNECTIONS = 4_000;
const LEAD_IN_MS = 2_000;

/**
 * The time from request to granted when claims come at 70 % of the capacity that was just measured on the same system.
 * Each claim counts from the time it was due.
 */
export const latency: Benchmark = {
  name: 'latency',
  summary: `the time from request to granted at ${SHARE * 100} % of capacity, in an open loop`,
  plans: usualPlans,
  prepare: () =>
    prepareClaims(async (set) => {
      const stage = await set();
      const capacity = closedLoop(stage, CLIENTS, `capacity (${CLIENTS} clients)`);
      let most = 0;
      const measured: Candidate = {
        ...capacity,
        prepare: async (durationMs) => {
          const round = await capacity.prepare(durationMs);
          return async () => {
            const figures = await round();
            most = figures['granted/s'] ?? 0;
            return figures;
          };
        },
      };
      return [measured, openLoop(stage, () => most * SHARE)];
    }),
};

function openLoop(stage: ClaimStage, rateNow: () => number): Candidate {
  return {
    name: `${SHARE * 100} % of it, open loop`,
    prepare: async (durationMs) => {
      const rate = rateNow();
      const tokens = await newPlayers(stage, Math.ceil((durationMs / 1_000) * rate));
      return () =>
        claimAll(stage, { tokens, connections: CONNECTIONS, rate, leadInMs: LEAD_IN_MS, durationMs });
    },
  };
}
