import type { ClientSession } from 'mongodb';
import type { Caller } from 'service-kit/audit';
import { assertPreconditions, DomainError, type Preconditions } from 'service-kit/http';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { Audited } from '../../audit/audit.ts';
import { patchAttributes } from '../../http/attributes.ts';
import { unreachableFields } from '../conditions/unreachable-condition.ts';
import { invalidFields, type InvalidField } from '../../http/invalid-fields.ts';
import type { RefreshRules } from '../events/event-changes.ts';
import type { EventStore } from '../events/event-store.ts';
import { eventAt, type EventStatus } from '../events/event.ts';
import type { Clock } from 'service-kit/service';
import { editReward, type RewardEdit } from './edit-reward.ts';
import { specOf } from './kinds/reward-kinds.ts';
import { rewardTag, type RewardPatch } from './reward-schema.ts';
import type { RewardStore } from './reward-store.ts';
import type { Reward } from './reward.ts';
import type { StockStore } from './stock-store.ts';

export interface RewardChanges {
  update(
    eventId: string,
    rewardId: string,
    patch: RewardPatch,
    by: Caller,
    preconditions: Preconditions,
  ): Promise<Reward>;
  remove(eventId: string, rewardId: string, by: Caller, preconditions: Preconditions): Promise<void>;
}

export interface RewardChangesDeps {
  events: EventStore;
  rewards: RewardStore;
  stock: StockStore;
  transact: Transact<OutgoingMessage>;
  audited: Audited;
  refreshRules: RefreshRules;
  clock: Clock;
}

const OVER: readonly EventStatus[] = ['ended', 'archived'];
const BEFORE_START: ReadonlySet<EventStatus> = new Set(['draft', 'scheduled']);

/** Changes of existing rewards by operators. The status of the event decides which are allowed. */
export function createRewardChanges(deps: RewardChangesDeps): RewardChanges {
  const { events, rewards, stock, transact, audited, refreshRules, clock } = deps;

  async function read(
    eventId: string,
    rewardId: string,
    preconditions: Preconditions,
    session: ClientSession,
  ) {
    const event = await events.find(eventId, session);
    const reward = event && (await rewards.find(eventId, rewardId, session));
    if (!reward) throw new DomainError('not_found', 'The event has no such reward');
    assertPreconditions(preconditions, rewardTag(reward));
    return { event, reward, status: eventAt(event, clock()).status };
  }

  /** @returns whether that is another stock than before */
  async function setStock(reward: Reward, total: number | null, session: ClientSession): Promise<boolean> {
    const before = (await stock.findAll([reward], session)).get(reward.id);
    if (!(await stock.setTotal(reward.id, total, session))) {
      throw new DomainError('stock_in_use', 'More units than that are reserved and granted');
    }
    return before?.total !== total;
  }

  async function change(
    { reward, event, status }: Awaited<ReturnType<typeof read>>,
    { stock: total, attributes, ...patch }: RewardPatch,
    session: ClientSession,
  ): Promise<Reward> {
    if (OVER.includes(status)) throw new DomainError('event_in_use', 'The event is over');
    const misfits = kindMisfits(reward, { stock: total, kind: patch.kind });
    if (misfits.length > 0) throw invalidFields(misfits);

    const hasOtherStock = total !== undefined && (await setStock(reward, total, session));
    const edit: RewardEdit =
      attributes === undefined
        ? patch
        : { ...patch, attributes: patchAttributes(reward.attributes, attributes) };
    const edited = editReward(reward, edit, status);
    if (!edited && hasOtherStock) {
      // The rules of claims know nothing of the stock, so they need not be read again.
      const restocked = { ...reward, version: reward.version + 1 };
      await rewards.update(restocked, session);
      return restocked;
    }
    if (!edited) return reward;
    const errors = edit.condition ? unreachableFields(edit.condition, event) : [];
    if (errors.length > 0) throw invalidFields(errors);
    await rewards.update(edited, session);
    await events.touchRewards(event.id, OVER, session);
    return edited;
  }

  return {
    update: async (eventId, rewardId, patch, by, preconditions) => {
      const details = { rewardId, fields: Object.keys(patch), stock: patch.stock };
      const reward = await audited({ action: 'update-reward', by, eventId, details }, (done) =>
        transact(async (tx) => {
          const known = await read(eventId, rewardId, preconditions, tx.session);
          const changed = await change(known, patch, tx.session);
          if (changed !== known.reward || patch.stock !== undefined) await done(tx);
          return changed;
        }),
      );
      await refreshRules(eventId);
      return reward;
    },

    remove: async (eventId, rewardId, by, preconditions) => {
      await audited({ action: 'delete-reward', by, eventId, details: { rewardId } }, (done) =>
        transact(async (tx) => {
          const { session } = tx;
          const { status } = await read(eventId, rewardId, preconditions, session);
          if (!BEFORE_START.has(status)) {
            throw new DomainError('event_in_use', 'It may have been claimed; set active to false instead');
          }
          await rewards.remove(rewardId, session);
          await stock.remove([rewardId], session);
          await events.touchRewards(eventId, OVER, session);
          await done(tx);
        }),
      );
      await refreshRules(eventId);
    },
  };
}

function kindMisfits(reward: Reward, { stock, kind }: Pick<RewardPatch, 'stock' | 'kind'>): InvalidField[] {
  const spec = specOf(reward.kind);
  const misfits: InvalidField[] = stock === undefined ? [] : spec.validate(stock);
  // A supply is made with the reward and goes with it.
  if (kind !== undefined && specOf(kind).openSupply !== spec.openSupply) {
    misfits.unshift({ path: 'kind', message: `a reward of kind ${reward.kind} cannot change to ${kind}` });
  }
  return misfits;
}
