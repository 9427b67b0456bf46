import type { ClientSession, Db, Filter } from 'mongodb';
import { decodeAttributes, encodeAttributes } from '../attributes.ts';
import type { Position } from '../position.ts';
import type { Reward, RewardRules } from './reward.ts';

interface RewardDocument extends Omit<Reward, 'id' | 'attributes'> {
  _id: string;
  /** JSON */
  attributes: string;
}

export interface RewardStore {
  insert(reward: Reward, session: ClientSession): Promise<void>;
  find(eventId: string, id: string): Promise<Reward | undefined>;
  list(query: { eventId: string; after?: Position; limit: number }): Promise<Reward[]>;
  /** What decisions need of all rewards of these events, by event. */
  rulesOf(eventIds: readonly string[], session?: ClientSession): Promise<Map<string, RewardRules[]>>;
  ensureIndexes(): Promise<void>;
}

const RULES = { name: 0, attributes: 0 } as const;

export function createRewardStore(db: Db): RewardStore {
  const rewards = db.collection<RewardDocument>('rewards');

  return {
    insert: async (reward, session) => {
      const { id, attributes, ...fields } = reward;
      await rewards.insertOne({ _id: id, ...fields, attributes: encodeAttributes(attributes) }, { session });
    },
    find: async (eventId, id) => {
      const found = await rewards.findOne({ _id: id, eventId });
      return found ? fromDocument(found) : undefined;
    },
    list: async ({ eventId, after, limit }) => {
      const filter: Filter<RewardDocument> = { eventId };
      if (after)
        filter.$or = [
          { createdAt: { $gt: after.createdAt } },
          { createdAt: after.createdAt, _id: { $gt: after.id } },
        ];
      const found = await rewards.find(filter).sort({ createdAt: 1, _id: 1 }).limit(limit).toArray();
      return found.map(fromDocument);
    },
    rulesOf: async (eventIds, session) => {
      const found = await rewards
        .find({ eventId: { $in: [...eventIds] } }, { projection: RULES, ...(session && { session }) })
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
    ensureIndexes: async () => {
      await rewards.createIndex({ eventId: 1, createdAt: 1, _id: 1 });
    },
  };
}

function fromDocument({ _id, attributes, ...fields }: RewardDocument): Reward {
  return { id: _id, ...fields, attributes: decodeAttributes(attributes) };
}
