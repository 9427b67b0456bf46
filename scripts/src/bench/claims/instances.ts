import { usualPlans, type Benchmark, type Candidate } from '../benchmark.ts';
import { median } from '../statistics.ts';
import { closedLoop } from './claim-all.ts';
import { prepareClaims } from './claim-stage.ts';

const CLIENTS = 512;
const COUNTS = [1, 3];

/** Claims of one hot reward with one game-event-service and with several, which all write the same stock. */
export const instances: Benchmark = {
  name: 'instances',
  summary:
    'granted claims a second on one hot reward with 1 and with 3 game-event-services on the same cores',
  plans: usualPlans,
  prepare: () =>
    prepareClaims(async (set) => {
      const candidates: Candidate[] = [];
      for (const count of COUNTS) {
        const stage = await set({ instances: { 'game-event-service': count } });
        candidates.push(closedLoop(stage, CLIENTS, `instances: ${count}`));
      }
      return candidates;
    }),
  conclude: (measured) => {
    const [one = 0, several = 0] = measured.map(({ rounds }) =>
      median(rounds.map((figures) => figures['granted/s'] ?? 0)),
    );
    return [`With ${COUNTS[1]} instances: ${Math.round((several / one) * 100)} % of what one does.`];
  },
};
