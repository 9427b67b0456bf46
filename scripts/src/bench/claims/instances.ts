import { usualPlans, type Benchmark } from '../benchmark.ts';
import { median } from '../statistics.ts';
import { closedLoop } from './claim-all.ts';
import { everyClaimGrantedOnce, setClaimStage, strikeClaimStage, type ClaimStage } from './claim-stage.ts';

const CLIENTS = 512;
const COUNTS = [1, 3];

/** Claims of one hot reward with one game-event-service and with several, which all write the same stock. */
export const instances: Benchmark = {
  name: 'instances',
  summary:
    'granted claims a second on one hot reward with 1 and with 3 game-event-services on the same cores',
  plans: usualPlans,
  prepare: async () => {
    const stages: ClaimStage[] = [];
    for (const count of COUNTS) {
      stages.push(await setClaimStage({ instances: { 'game-event-service': count } }));
    }
    return {
      processes: stages.flatMap(({ privateSystem }) => privateSystem.system.servers),
      candidates: stages.map((stage, index) => closedLoop(stage, CLIENTS, `instances: ${COUNTS[index]}`)),
      verify: async () => {
        for (const stage of stages) await everyClaimGrantedOnce(stage);
      },
      stop: async () => {
        for (const stage of stages) await strikeClaimStage(stage);
      },
    };
  },
  conclude: (measured) => {
    const [one = 0, several = 0] = measured.map(({ rounds }) =>
      median(rounds.map((figures) => figures['granted/s'] ?? 0)),
    );
    return [`With ${COUNTS[1]} instances: ${Math.round((several / one) * 100)} % of what one does.`];
  },
};
