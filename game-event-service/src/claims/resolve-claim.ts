import { accountFacts } from '../catalog/conditions/account-facts.ts';
import type { CompiledCondition, Facts } from '../catalog/conditions/compiled-condition.ts';
import { takesClaimsAt, type EventRules } from '../catalog/events/event.ts';
import { isRefusal, refuse, type Refusal } from '../http/refusal.ts';
import type { RewardRules } from '../catalog/rewards/reward.ts';
import { factsOf, type DecisionContext } from '../catalog/rules/decision-context.ts';
import type { RewardRule } from '../catalog/rules/rules.ts';
import { claimIdOf } from './claim.ts';

export interface ClaimRequest {
  eventId: string;
  /** May be left out where the event has one reward. */
  rewardId?: string | undefined;
  accountId: string;
  /** Whether the account has any role but USER. */
  isStaff: boolean;
  traceparent?: string | undefined;
  /** As of when its period and condition are judged; now where it is left out. */
  at?: Date;
}

/** A counter that may not rise above `most`. */
export interface Cap {
  id: string;
  most: number;
}

/** A request with all that is known about it before claims, stock and progress are read. */
export interface ClaimTarget {
  request: ClaimRequest;
  event: EventRules;
  reward: RewardRules;
  claimId: string;
  isOpen: boolean;
  caps: readonly Cap[];
  condition: CompiledCondition | undefined;
  facts: Omit<Facts, 'progress'>;
}

/** The first checks of a request, and what the others need to be looked up. */
export function resolveClaim(request: ClaimRequest, context: DecisionContext): ClaimTarget | Refusal {
  const rules = context.rules.get(request.eventId);
  if (!rules) return refuse('not_found', 'There is no such event');
  const refusal = judgeAccount(request, context);
  if (refusal) return refusal;
  const rule = chooseReward(request.rewardId, rules.rewards);
  return isRefusal(rule) ? rule : claimTarget(request, rules.event, rule, context);
}

/** Whether the account may claim at all. */
export function judgeAccount(
  { accountId, isStaff }: ClaimRequest,
  { accounts, now }: DecisionContext,
): Refusal | undefined {
  const { status } = accountFacts(accounts.get(accountId), now);
  if (status !== 'active') return refuse('account_banned', 'A banned account cannot claim');
  return isStaff ? refuse('staff_cannot_claim', 'Only accounts without a staff role can claim') : undefined;
}

/** A claim of one reward by the account, as things are now. */
export function claimTarget(
  request: ClaimRequest,
  event: EventRules,
  rule: RewardRule,
  context: DecisionContext,
): ClaimTarget {
  const { reward, condition } = rule;
  const { at = context.now } = request;
  const facts = factsOf(event, request.accountId, { ...context, now: at });
  return {
    request,
    event,
    reward,
    condition,
    facts,
    claimId: claimIdOf(event.id, reward.id, request.accountId, facts.period.key),
    isOpen: reward.active && takesClaimsAt(event, context.now),
    caps: capsOf(event, reward, request.accountId, facts.today),
  };
}

function chooseReward(rewardId: string | undefined, rules: readonly RewardRule[]): RewardRule | Refusal {
  if (rewardId !== undefined) {
    return (
      rules.find(({ reward }) => reward.id === rewardId) ??
      refuse('not_found', 'The event has no such reward')
    );
  }
  const active = rules.filter(({ reward }) => reward.active);
  const inQuestion = active.length > 0 ? active : rules;
  const [rule, ...others] = inQuestion;
  if (rule && others.length === 0) return rule;
  return refuse('reward_required', `The event has ${inQuestion.length} rewards: say which one with rewardId`);
}

/** Where an event is claimed once, its claim's own id is the cap of the account. */
function capsOf(event: EventRules, reward: RewardRules, accountId: string, today: string): Cap[] {
  const caps: Cap[] = [];
  if (reward.perAccount !== null && event.repeat !== 'once') {
    caps.push({ id: `${reward.id}:account:${accountId}`, most: reward.perAccount });
  }
  if (reward.perPeriod) caps.push({ id: `${reward.id}:day:${today}`, most: reward.perPeriod.day });
  return caps;
}
