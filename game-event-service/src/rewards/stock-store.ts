import type { ClientSession, Db } from 'mongodb';
import { randomInt } from 'node:crypto';
import type { CodeStore } from '../coupons/code-store.ts';
import type { Reward } from './reward.ts';
import { stockFigures, type Stock, type StockFigures } from './stock.ts';

interface StockDocument extends Omit<Stock, 'pool'> {
  _id: string;
  /** Its units are the codes of a pool. */
  isCoupon?: true;
}

/**
 * Apart from the stock, so that accepting claims and settling them do not fight over one document; and a sum of
 * several, so that consumers of results do not fight either.
 */
interface GrantsDocument {
  /** {@link slotId} */
  _id: string;
  granted: number;
}

const SLOTS = 16;

const slotId = (rewardId: string, slot: number): string => (slot === 0 ? rewardId : `${rewardId}:${slot}`);

const slotsOf = (rewardId: string): string[] =>
  Array.from({ length: SLOTS }, (_, slot) => slotId(rewardId, slot));

/** By reward id. */
export type Units = ReadonlyMap<string, number>;

export interface StockStore {
  create(reward: Pick<Reward, 'id' | 'kind'>, total: number | null, session: ClientSession): Promise<void>;
  /** @returns false where more than that is taken */
  setTotal(rewardId: string, total: number | null, session: ClientSession): Promise<boolean>;
  remove(rewardIds: readonly string[], session: ClientSession): Promise<void>;
  findAll(rewardIds: readonly string[], session?: ClientSession): Promise<Map<string, Stock>>;
  /** Takes units, of no reward more than there are; throws otherwise. */
  take(units: Units, session: ClientSession): Promise<void>;
  giveBack(units: Units, session: ClientSession): Promise<void>;
  countGrants(units: Units, session: ClientSession): Promise<void>;
  figuresOf(rewardIds: readonly string[]): Promise<Map<string, StockFigures>>;
}

export function createStockStore(
  db: Db,
  codes: Pick<CodeStore, 'createPool' | 'poolsOf' | 'removePools'>,
): StockStore {
  const stocks = db.collection<StockDocument>('rewardStock');
  const grants = db.collection<GrantsDocument>('rewardGrants');

  async function findAll(rewardIds: readonly string[], session?: ClientSession): Promise<Map<string, Stock>> {
    const found = await stocks.find({ _id: { $in: [...rewardIds] } }, session && { session }).toArray();
    const coupons = found.filter(({ isCoupon }) => isCoupon).map(({ _id }) => _id);
    const pools = coupons.length > 0 ? await codes.poolsOf(coupons, session) : new Map<string, never>();
    return new Map(
      found.map(({ _id, total, taken }) => {
        const pool = pools.get(_id);
        return [_id, { total, taken, ...(pool && { pool }) }];
      }),
    );
  }

  return {
    create: async ({ id, kind }, total, session) => {
      const isCoupon = kind === 'coupon';
      await stocks.insertOne({ _id: id, total, taken: 0, ...(isCoupon && { isCoupon }) }, { session });
      if (isCoupon) await codes.createPool(id, session);
    },
    setTotal: async (rewardId, total, session) => {
      const enough = { _id: rewardId, ...(total !== null && { taken: { $lte: total } }) };
      const { matchedCount } = await stocks.updateOne(enough, { $set: { total } }, { session });
      return matchedCount === 1;
    },
    remove: async (rewardIds, session) => {
      await stocks.deleteMany({ _id: { $in: [...rewardIds] } }, { session });
      await codes.removePools(rewardIds, session);
    },
    findAll,
    take: async (units, session) => {
      const updates = [...units].map(([rewardId, count]) => ({
        updateOne: {
          filter: {
            _id: rewardId,
            $expr: { $or: [{ $eq: ['$total', null] }, { $lte: [{ $add: ['$taken', count] }, '$total'] }] },
          },
          update: { $inc: { taken: count } },
        },
      }));
      const { matchedCount } = await stocks.bulkWrite(updates, { session });
      // Decided on the same snapshot that is written to, so this cannot be, and nothing is sold if it is.
      if (matchedCount !== updates.length) throw new Error('more units were to be taken than there are');
    },
    giveBack: async (units, session) => {
      await stocks.bulkWrite(
        [...units].map(([rewardId, count]) => ({
          updateOne: { filter: { _id: rewardId }, update: { $inc: { taken: -count } } },
        })),
        { session },
      );
    },
    countGrants: async (units, session) => {
      const slot = randomInt(SLOTS);
      await grants.bulkWrite(
        [...units].map(([rewardId, count]) => ({
          updateOne: {
            filter: { _id: slotId(rewardId, slot) },
            update: { $inc: { granted: count } },
            upsert: true,
          },
        })),
        { session },
      );
    },
    figuresOf: async (rewardIds) => {
      // Grants first: read later they could count units that the stock did not know as taken.
      const counted = await grants.find({ _id: { $in: rewardIds.flatMap(slotsOf) } }).toArray();
      const countOf = new Map(counted.map(({ _id, granted }) => [_id, granted]));
      const found = await findAll(rewardIds);
      return new Map(
        [...found].map(([id, stock]) => {
          const granted = slotsOf(id).reduce((sum, slot) => sum + (countOf.get(slot) ?? 0), 0);
          return [id, stockFigures(stock, granted)];
        }),
      );
    },
  };
}
