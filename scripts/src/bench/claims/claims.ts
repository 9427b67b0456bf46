import { usualPlans, type Benchmark, type Candidate } from '../benchmark.ts';
import { buildsOf, compareBuilds } from '../compare-builds.ts';
import { closedLoop } from './claim-all.ts';
import { prepareClaims } from './claim-stage.ts';

const CLIENTS = [64, 256, 512];

/** Granted claims per second on one hot reward, through the gateway, and the time from request to granted. */
export const claims: Benchmark = {
  name: 'claims',
  summary:
    'granted claims a second on one hot reward, through the gateway, and the time from request to granted',
  plans: usualPlans,
  canCompare: true,
  prepare: ({ against }) =>
    prepareClaims(async (set) => {
      const candidates: Candidate[][] = [];
      for (const { checkout, suffix } of buildsOf(against)) {
        const stage = await set({ checkout });
        candidates.push(CLIENTS.map((clients) => closedLoop(stage, clients, `${clients} clients${suffix}`)));
      }
      // The builds alternate for each number of clients.
      return CLIENTS.flatMap((_, index) => candidates.flatMap((ofBuild) => ofBuild[index] ?? []));
    }),
  conclude: (measured) => compareBuilds(measured, ['granted/s', 'p50 ms', 'p99 ms']),
};
