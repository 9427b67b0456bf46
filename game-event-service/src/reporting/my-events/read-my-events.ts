import { calendarOf } from '../../catalog/calendar/calendar.ts';
import type { ClaimSnapshotReader } from '../../claims/claim-snapshot-reader.ts';
import { factsOf } from '../../catalog/rules/decision-context.ts';
import { judgeAccount, claimTarget } from '../../claims/resolve-claim.ts';
import type { Claim } from '../../claims/claim.ts';
import { rewardEligibility, type RewardEligibility } from '../eligibility/read-eligibility.ts';
import { isActiveAt, type GameEvent } from '../../catalog/events/event.ts';
import type { RewardRules } from '../../catalog/rewards/reward.ts';
import type { Clock } from 'service-kit/service';
import { progressIdOf } from '../../participation/progress/progress.ts';
import { progressIn, type EventProgress } from '../../participation/progress/read-progress.ts';

/** All that the event's screen in a game shows. */
export interface MyEvent {
  event: GameEvent;
  progress: EventProgress;
  rewards: MyReward[];
  /** When the next period begins, within the event. */
  nextResetAt: Date | null;
}

export interface MyReward extends RewardEligibility {
  reward: RewardRules;
  /** The claim of this period. */
  claim: Claim | null;
}

/** @returns what the account sees of those of the events that are active, in their order */
export type ReadMyEvents = (
  events: readonly GameEvent[],
  about: { accountId: string; isStaff: boolean },
) => Promise<MyEvent[]>;

/** Reads what one account sees of many events: one question a collection, however many they are. */
export function readMyEvents(deps: { snapshots: ClaimSnapshotReader; clock: Clock }): ReadMyEvents {
  const { snapshots, clock } = deps;
  return async (events, about) => {
    const now = clock();
    const requests = events.map(({ id }) => ({ ...about, eventId: id }));
    const context = await snapshots.context(requests, now);
    const screens = events.flatMap((event) => {
      const rules = context.rules.get(event.id);
      if (!rules || !isActiveAt(rules.event, now)) return [];
      const request = { ...about, eventId: event.id };
      const targets = rules.rewards.map((rule) => claimTarget(request, rules.event, rule, context));
      return [{ event, rules, request, targets, progressId: progressIdOf(event.id, about.accountId) }];
    });
    const snapshot = await snapshots.read(
      screens.flatMap(({ targets }) => targets),
      undefined,
      screens.map(({ progressId }) => progressId),
    );
    return screens.map(({ event, rules, request, targets, progressId }) => ({
      event,
      progress: progressIn(rules, {
        ...factsOf(rules.event, about.accountId, context),
        progress: snapshot.progress.get(progressId),
      }),
      rewards: targets.map((target) => ({
        ...rewardEligibility(target, judgeAccount(request, context)?.code, snapshot),
        reward: target.reward,
        claim: snapshot.claims.get(target.claimId) ?? null,
      })),
      nextResetAt: nextResetOf(event, now),
    }));
  };
}

function nextResetOf({ timeZone, repeat, endsAt }: GameEvent, now: Date): Date | null {
  const next = calendarOf(timeZone).nextResetAt(repeat, now);
  return next && next < endsAt ? next : null;
}
