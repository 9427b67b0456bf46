import type { ClientSession, Db } from 'mongodb';
import { keysetFilter } from 'service-kit/mongo';
import type { IndexSpec } from 'service-kit/service';
import { decodeAttributes, encodeAttributes } from '../../http/attributes.ts';
import type { CreationPosition } from 'service-kit/http';
import type { Reward, RewardRules } from './reward.ts';

interface RewardDocument extends Omit<Reward, 'id' | 'attributes'> {
  _id: string;
  /** JSON */
  attributes: string;
}

export interface RewardStore {
  insert(reward: Reward, session: ClientSession): Promise<void>;
  update(reward: Reward, session: ClientSession): Promise<void>;
  remove(id: string, session: ClientSession): Promise<void>;
  find(eventId: string, id: string, session?: ClientSession): Promise<Reward | undefined>;
  allOf(eventId: string, session: ClientSession): Promise<Reward[]>;
  /** @returns ids of those that are gone */
  removeAllOf(eventId: string, session: ClientSession): Promise<string[]>;
  list(query: { eventId: string; after?: CreationPosition | undefined; limit: number }): Promise<Reward[]>;
  /** What decisions need of all rewards of these events, by event; a majority read where it is in no transaction. */
  rulesOf(eventIds: readonly string[], session?: ClientSession): Promise<Map<string, RewardRules[]>>;
}

const RULES = { attributes: 0 } as const;
const MAJORITY = { readConcern: { level: 'majority' } } as const;

const OLDEST_FIRST = { createdAt: 1, _id: 1 } as const;

export const rewardIndexes: IndexSpec[] = [
  { collection: 'rewards', indexes: [{ key: { eventId: 1, createdAt: 1, _id: 1 } }] },
];

export function createRewardStore(db: Db): RewardStore {
  const rewards = db.collection<RewardDocument>('rewards');

  return {
    insert: async (reward, session) => {
      await rewards.insertOne(toDocument(reward), { session });
    },
    update: async (reward, session) => {
      const { _id, ...fields } = toDocument(reward);
      await rewards.replaceOne({ _id }, fields, { session });
    },
    remove: async (id, session) => {
      await rewards.deleteOne({ _id: id }, { session });
    },
    find: async (eventId, id, session) => {
      const found = await rewards.findOne({ _id: id, eventId }, session && { session });
      return found ? fromDocument(found) : undefined;
    },
    allOf: async (eventId, session) => {
      const found = await rewards.find({ eventId }, { session }).sort({ createdAt: 1, _id: 1 }).toArray();
      return found.map(fromDocument);
    },
    removeAllOf: async (eventId, session) => {
      const ids = await rewards
        .find({ eventId }, { session, projection: { _id: 1 } })
        .map(({ _id }) => _id)
        .toArray();
      if (ids.length > 0) await rewards.deleteMany({ _id: { $in: ids } }, { session });
      return ids;
    },
    list: async ({ eventId, after, limit }) => {
      const beyond = keysetFilter<RewardDocument>(
        OLDEST_FIRST,
        after && { createdAt: after.createdAt, _id: after.id },
      );
      const found = await rewards
        .find({ $and: [{ eventId }, beyond] }, { sort: OLDEST_FIRST, limit })
        .toArray();
      return found.map(fromDocument);
    },
    rulesOf: async (eventIds, session) => {
      const found = await rewards
        .find(
          { eventId: { $in: [...eventIds] } },
          { projection: RULES, ...(!session?.inTransaction() && MAJORITY), ...(session && { session }) },
        )
        .toArray();
      const byEvent = new Map<string, RewardRules[]>();
      for (const { _id, ...rules } of found) {
        const reward = { id: _id, ...rules };
        const others = byEvent.get(reward.eventId);
        if (others) others.push(reward);
        else byEvent.set(reward.eventId, [reward]);
      }
      return byEvent;
    },
  };
}

function toDocument({ id, attributes, ...fields }: Reward): RewardDocument {
  return { _id: id, ...fields, attributes: encodeAttributes(attributes) };
}

function fromDocument({ _id, attributes, ...fields }: RewardDocument): Reward {
  return { id: _id, ...fields, attributes: decodeAttributes(attributes) };
}
