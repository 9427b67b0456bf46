import type { Caller } from 'service-kit/audit';
import { DomainError } from 'service-kit/http';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { Audited } from '../../audit/audit.ts';
import type { Clock, NewId } from 'service-kit/service';
import { unreachableFields } from '../conditions/unreachable-condition.ts';
import { invalidFields } from '../../http/invalid-fields.ts';
import type { RefreshRules } from '../events/event-changes.ts';
import type { EventStore } from '../events/event-store.ts';
import type { RewardInput } from './reward-schema.ts';
import type { RewardStore } from './reward-store.ts';
import type { Reward } from './reward.ts';
import type { StockStore } from './stock-store.ts';

export type CreateReward = (eventId: string, input: RewardInput, by: Caller) => Promise<Reward>;

const OVER = ['ended', 'archived'] as const;

export interface CreateRewardDeps {
  events: EventStore;
  rewards: RewardStore;
  stock: StockStore;
  transact: Transact<OutgoingMessage>;
  audited: Audited;
  refreshRules: RefreshRules;
  clock: Clock;
  newId: NewId;
}

export function createReward(deps: CreateRewardDeps): CreateReward {
  const { events, rewards, stock, transact, audited, refreshRules, clock, newId } = deps;

  async function refusalFor(eventId: string): Promise<DomainError> {
    return (await events.find(eventId))
      ? new DomainError('event_in_use', 'The event is over: nobody could claim another reward')
      : new DomainError('not_found', 'There is no such event');
  }

  return async (eventId, { stock: total = null, ...input }, by) => {
    const reward: Reward = { ...input, id: newId('rwd'), eventId, version: 1, createdAt: clock() };
    const details = { rewardId: reward.id, stock: total };
    await audited({ action: 'create-reward', by, eventId, details }, (done) =>
      transact(async (tx) => {
        const { session } = tx;
        const event = await events.find(eventId, session);
        const errors = event ? unreachableFields(reward.condition, event) : [];
        if (errors.length > 0) throw invalidFields(errors);
        if (!(await events.touchRewards(eventId, OVER, session))) throw await refusalFor(eventId);
        await rewards.insert(reward, session);
        await stock.create(reward, total, session);
        await done(tx);
      }),
    );
    await refreshRules(eventId);
    return reward;
  };
}
