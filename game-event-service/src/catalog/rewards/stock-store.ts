import { randomInt } from 'node:crypto';
import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import { REWARD_KINDS, specOf, type RewardKind, type StockedReward } from './kinds/reward-kinds.ts';
import type { RewardPayload, Supply, SupplyStore, Wanted } from './kinds/reward-kind-spec.ts';
import { stockFigures, unitsLeft, type Stock, type StockFigures } from './stock.ts';

interface StockDocument {
  /** The reward's id. */
  _id: string;
  total: number | null;
  taken: number;
}

/** A shard of the granted units of a reward, apart from its stock: accepting and settling write different documents. */
interface GrantsDocument {
  /** {@link shardId} */
  _id: string;
  granted: number;
}

/** Consumers of results write one shard at random, so they rarely conflict. */
const GRANT_SHARDS = 16;

const shardId = (rewardId: string, shard: number): string =>
  shard === 0 ? rewardId : `${rewardId}:${shard}`;

const shardsOf = (rewardId: string): string[] =>
  Array.from({ length: GRANT_SHARDS }, (_, shard) => shardId(rewardId, shard));

/** By reward id. */
export type Units = ReadonlyMap<string, number>;

/** A unit with a payload that is given back. */
export interface ReleasedPayload {
  rewardId: string;
  kind: RewardKind;
  payload: RewardPayload;
}

export interface StockStore {
  create(reward: StockedReward, total: number | null, session: ClientSession): Promise<void>;
  /** @returns false where more than that is taken */
  setTotal(rewardId: string, total: number | null, session: ClientSession): Promise<boolean>;
  remove(rewardIds: readonly string[], session: ClientSession): Promise<void>;
  findAll(rewards: readonly StockedReward[], session?: ClientSession): Promise<Map<string, Stock>>;
  /**
   * Reads the payloads of the units that are taken next, of rewards whose kind has payloads.
   *
   * @param asked units by reward id; no more are read than there are
   * @param stock as the same transaction has read it
   */
  nextPayloads(
    rewards: readonly StockedReward[],
    asked: Units,
    stock: ReadonlyMap<string, Stock>,
    session: ClientSession,
  ): Promise<Map<string, RewardPayload[]>>;
  /** @throws {Error} where a reward has fewer units left; the decision has read the same snapshot, so that is a bug */
  take(units: Units, session: ClientSession): Promise<void>;
  giveBack(units: Units, payloads: readonly ReleasedPayload[], session: ClientSession): Promise<void>;
  countGrants(units: Units, session: ClientSession): Promise<void>;
  figuresOf(rewards: readonly StockedReward[]): Promise<Map<string, StockFigures>>;
}

export const stockIndexes: IndexSpec[] = [
  { collection: 'rewardStock', indexes: [] },
  { collection: 'rewardGrants', indexes: [] },
];

export function createStockStore(db: Db): StockStore {
  const stocks = db.collection<StockDocument>('rewardStock');
  const grants = db.collection<GrantsDocument>('rewardGrants');
  const supplies = openSupplies(db);

  async function suppliesOf(
    rewards: readonly StockedReward[],
    session: ClientSession | undefined,
  ): Promise<Map<string, Supply>> {
    const found = new Map<string, Supply>();
    for (const [kind, store] of supplies) {
      const ids = rewards.filter((reward) => reward.kind === kind).map(({ id }) => id);
      if (ids.length === 0) continue;
      for (const [id, supply] of await store.find(ids, session)) found.set(id, supply);
    }
    return found;
  }

  async function findAll(
    rewards: readonly StockedReward[],
    session?: ClientSession,
  ): Promise<Map<string, Stock>> {
    const ids = rewards.map(({ id }) => id);
    // All in one answer; otherwise the first has 101 of them.
    const found = await stocks
      .find({ _id: { $in: ids } }, { batchSize: ids.length + 1, ...(session && { session }) })
      .toArray();
    const supplied = await suppliesOf(rewards, session);
    return new Map(
      found.map(({ _id, total, taken }) => {
        const supply = supplied.get(_id);
        return [_id, { total, taken, ...(supply && { supply }) }];
      }),
    );
  }

  return {
    create: async ({ id, kind }, total, session) => {
      await stocks.insertOne({ _id: id, total, taken: 0, ...specOf(kind).stockMark }, { session });
      await supplies.get(kind)?.create(id, session);
    },
    setTotal: async (rewardId, total, session) => {
      const fits = total === null ? {} : { taken: { $lte: total } };
      const { matchedCount } = await stocks.updateOne(
        { _id: rewardId, ...fits },
        { $set: { total } },
        { session },
      );
      return matchedCount === 1;
    },
    remove: async (rewardIds, session) => {
      await stocks.deleteMany({ _id: { $in: [...rewardIds] } }, { session });
      for (const store of supplies.values()) await store.remove(rewardIds, session);
    },
    findAll,
    nextPayloads: async (rewards, asked, stock, session) => {
      const payloads = new Map<string, RewardPayload[]>();
      for (const [kind, store] of supplies) {
        const wanted = rewards
          .filter((reward) => reward.kind === kind)
          .flatMap(({ id }) => wantedOf(id, asked, stock));
        if (wanted.length === 0) continue;
        for (const [id, next] of await store.reserve(wanted, session)) payloads.set(id, next);
      }
      return payloads;
    },
    take: async (units, session) => {
      const updates = [...units].map(([_id, count]) => ({
        updateOne: {
          filter: {
            _id,
            $expr: { $or: [{ $eq: ['$total', null] }, { $lte: [{ $add: ['$taken', count] }, '$total'] }] },
          },
          update: { $inc: { taken: count } },
        },
      }));
      const { matchedCount } = await stocks.bulkWrite(updates, { session });
      if (matchedCount !== updates.length) throw new Error('more units were to be taken than there are');
    },
    giveBack: async (units, payloads, session) => {
      await stocks.bulkWrite(
        [...units].map(([rewardId, count]) => ({
          updateOne: { filter: { _id: rewardId }, update: { $inc: { taken: -count } } },
        })),
        { session },
      );
      for (const [kind, store] of supplies) {
        const released = payloads.filter((each) => each.kind === kind);
        if (released.length > 0) await store.release(released, session);
      }
    },
    countGrants: async (units, session) => {
      const shard = randomInt(GRANT_SHARDS);
      await grants.bulkWrite(
        [...units].map(([rewardId, count]) => ({
          updateOne: {
            filter: { _id: shardId(rewardId, shard) },
            update: { $inc: { granted: count } },
            upsert: true,
          },
        })),
        { session },
      );
    },
    figuresOf: async (rewards) => {
      // Grants first: read later they could count units that the stock did not know as taken.
      const ids = rewards.flatMap(({ id }) => shardsOf(id));
      const counted = await grants.find({ _id: { $in: ids } }).toArray();
      const countOf = new Map(counted.map(({ _id, granted }) => [_id, granted]));
      const found = await findAll(rewards);
      return new Map(
        [...found].map(([id, stock]) => {
          const granted = shardsOf(id).reduce((sum, shard) => sum + (countOf.get(shard) ?? 0), 0);
          return [id, stockFigures(stock, granted)];
        }),
      );
    },
  };
}

function openSupplies(db: Db): Map<RewardKind, SupplyStore> {
  const stores = new Map<RewardKind, SupplyStore>();
  for (const kind of REWARD_KINDS) {
    const store = specOf(kind).openSupply?.(db);
    if (store) stores.set(kind, store);
  }
  return stores;
}

function wantedOf(rewardId: string, asked: Units, stock: ReadonlyMap<string, Stock>): Wanted[] {
  const units = stock.get(rewardId);
  if (!units?.supply) return [];
  const count = Math.min(asked.get(rewardId) ?? 0, unitsLeft(units) ?? 0);
  return count > 0 ? [{ rewardId, supply: units.supply, taken: units.taken, count }] : [];
}
