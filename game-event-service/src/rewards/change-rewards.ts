import type { ClientSession } from 'mongodb';
import { DomainError } from 'service-kit/http';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import { patchAttributes } from '../attributes.ts';
import { unreachableFields } from '../conditions/unreachable-condition.ts';
import { invalidFields, type InvalidField } from '../invalid-fields.ts';
import type { EventStore } from '../events/event-store.ts';
import { eventAt, type EventStatus } from '../events/event.ts';
import type { Clock } from '../time.ts';
import { editReward, type RewardEdit } from './edit-reward.ts';
import { COUPON_STOCK, type RewardPatch } from './reward-schema.ts';
import type { RewardStore } from './reward-store.ts';
import type { Reward } from './reward.ts';
import type { StockStore } from './stock-store.ts';

export interface RewardChanges {
  update(eventId: string, rewardId: string, patch: RewardPatch): Promise<Reward>;
  remove(eventId: string, rewardId: string): Promise<void>;
}

export interface RewardChangesDeps {
  events: EventStore;
  rewards: RewardStore;
  stock: StockStore;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
}

const OVER: readonly EventStatus[] = ['ended', 'archived'];
const BEFORE_START: ReadonlySet<EventStatus> = new Set(['draft', 'scheduled']);

/** What operators do with a reward that is there. The event's own status decides what they may. */
export function createRewardChanges(deps: RewardChangesDeps): RewardChanges {
  const { events, rewards, stock, transact, clock } = deps;

  async function read(eventId: string, rewardId: string, session: ClientSession) {
    const event = await events.find(eventId, session);
    const reward = event && (await rewards.find(eventId, rewardId, session));
    if (!reward) throw new DomainError('not_found', 'The event has no such reward');
    return { event, reward, status: eventAt(event, clock()).status };
  }

  return {
    update: (eventId, rewardId, { stock: total, attributes, ...patch }) =>
      transact(async ({ session }) => {
        const { event, reward, status } = await read(eventId, rewardId, session);
        if (OVER.includes(status)) throw new DomainError('event_in_use', 'The event is over');
        const misfits = couponMisfits(reward, { stock: total, kind: patch.kind });
        if (misfits.length > 0) throw invalidFields(misfits);

        if (total !== undefined && !(await stock.setTotal(rewardId, total, session))) {
          throw new DomainError('stock_in_use', 'More units than that are reserved and granted');
        }
        const edit: RewardEdit =
          attributes === undefined
            ? patch
            : { ...patch, attributes: patchAttributes(reward.attributes, attributes) };
        const edited = editReward(reward, edit, status);
        if (!edited) return reward;
        const errors = edit.condition ? unreachableFields(edit.condition, event) : [];
        if (errors.length > 0) throw invalidFields(errors);
        await rewards.update(edited, session);
        await events.touchRewards(eventId, OVER, session);
        return edited;
      }),

    remove: (eventId, rewardId) =>
      transact(async ({ session }) => {
        const { status } = await read(eventId, rewardId, session);
        if (!BEFORE_START.has(status)) {
          throw new DomainError('event_in_use', 'It may have been claimed; set active to false instead');
        }
        await rewards.remove(rewardId, session);
        await stock.remove([rewardId], session);
        await events.touchRewards(eventId, OVER, session);
      }),
  };
}

/** A coupon's stock is its pool, which is made with it and goes with it. */
function couponMisfits(reward: Reward, { stock, kind }: Pick<RewardPatch, 'stock' | 'kind'>): InvalidField[] {
  const isCoupon = reward.kind === 'coupon';
  const misfits: InvalidField[] = [];
  if (kind !== undefined && (kind === 'coupon') !== isCoupon) {
    misfits.push({ path: 'kind', message: 'a reward cannot become a coupon, or cease to be one' });
  }
  if (isCoupon && typeof stock === 'number') misfits.push({ path: 'stock', message: COUPON_STOCK });
  return misfits;
}
