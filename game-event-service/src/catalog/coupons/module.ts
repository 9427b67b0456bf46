import type { Module, Platform } from 'service-kit/service';
import type { Audit } from '../../audit/audit.ts';
import type { CodeStore } from '../rewards/kinds/code-store.ts';
import type { RewardStore } from '../rewards/reward-store.ts';
import { addCodes } from './add-codes.ts';
import { codeRoutes } from './code-routes.ts';

export interface CouponsNeeds {
  audit: Audit;
  rewards: RewardStore;
  codes: CodeStore;
}

/** The upload of coupon codes. */
export function createCoupons({ transact }: Platform, { audit, rewards, codes }: CouponsNeeds): Module {
  const { audited } = audit;
  return { endpoints: codeRoutes({ addCodes: addCodes({ rewards, codes, transact, audited }) }) };
}
