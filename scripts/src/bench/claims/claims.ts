import { usualPlans, type Benchmark } from '../benchmark.ts';
import { closedLoop } from './claim-all.ts';
import { prepareClaims } from './claim-stage.ts';

/** Granted claims a second on one hot reward, through the gateway, with each claim's time from request to granted. */
export const claims: Benchmark = {
  name: 'claims',
  summary:
    'granted claims a second on one hot reward, through the gateway, and the time from request to granted',
  plans: usualPlans,
  prepare: () =>
    prepareClaims(async (set) => {
      const stage = await set();
      return [64, 256, 512].map((clients) => closedLoop(stage, clients));
    }),
};
