import { usualPlans, type Benchmark } from '../benchmark.ts';
import { closedLoop } from './claim-all.ts';
import { everyClaimGrantedOnce, setClaimStage, strikeClaimStage } from './claim-stage.ts';

/** Granted claims a second on one hot reward, through the gateway, with each claim's time from request to granted. */
export const claims: Benchmark = {
  name: 'claims',
  summary:
    'granted claims a second on one hot reward, through the gateway, and the time from request to granted',
  plans: usualPlans,
  prepare: async () => {
    const stage = await setClaimStage();
    return {
      processes: stage.privateSystem.system.servers,
      candidates: [closedLoop(stage, 64), closedLoop(stage, 256), closedLoop(stage, 512)],
      verify: () => everyClaimGrantedOnce(stage),
      stop: () => strikeClaimStage(stage),
    };
  },
};
