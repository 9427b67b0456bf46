import type { Attributes } from '../../http/attributes.ts';
import type { RewardKind } from './kinds/reward-kinds.ts';
import type { Condition } from '../conditions/condition.ts';

export interface Reward {
  id: string;
  eventId: string;
  name: string;
  kind: RewardKind;
  asset: string;
  quantity: number;
  /** How often one account may have it over all periods; null: once in each. */
  perAccount: number | null;
  /** How often it may be given to all accounts together. */
  perPeriod?: { day: number };
  condition?: Condition;
  active: boolean;
  attributes: Attributes;
  /** One more with every change. */
  version: number;
  createdAt: Date;
}

/** What decisions about claims, and who looks at them, need of a reward. */
export type RewardRules = Pick<
  Reward,
  | 'id'
  | 'eventId'
  | 'name'
  | 'kind'
  | 'asset'
  | 'quantity'
  | 'perAccount'
  | 'perPeriod'
  | 'condition'
  | 'active'
  | 'version'
>;
