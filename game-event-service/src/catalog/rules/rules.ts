import { bothOf, compileCondition, type CompiledCondition } from '../conditions/compiled-condition.ts';
import { countedMetrics, type CountedMetric } from '../conditions/counted-metrics.ts';
import type { EventRules } from '../events/event.ts';
import type { RewardRules } from '../rewards/reward.ts';

/** An event with all that decisions about it need, its conditions compiled. */
export interface Rules {
  event: EventRules;
  condition: CompiledCondition | undefined;
  rewards: readonly RewardRule[];
  /** What its condition and those of its rewards read. */
  counted: readonly CountedMetric[];
}

export interface RewardRule {
  reward: RewardRules;
  /** The event's condition and its own. */
  condition: CompiledCondition | undefined;
}

export function rulesOf(event: EventRules, rewards: readonly RewardRules[]): Rules {
  const condition = event.condition && compileCondition(event.condition);
  const conditions = [event, ...rewards].flatMap((each) => each.condition ?? []);
  return {
    event,
    condition,
    counted: countedMetrics(conditions),
    rewards: rewards.map((reward) => ({
      reward,
      condition: bothOf(condition, reward.condition && compileCondition(reward.condition)),
    })),
  };
}
