import type { ClientSession, Db } from 'mongodb';
import { randomInt } from 'node:crypto';
import type { IndexSpec } from 'service-kit/service';
import type { CodeStore } from './code-store.ts';
import type { Reward } from './reward.ts';
import {
  divideStock,
  stockFigures,
  takeFromShares,
  type SharedStock,
  type StockFigures,
  type StockShare,
} from './stock.ts';

/** A share. */
interface StockDocument {
  /** {@link partId} */
  _id: string;
  total: number | null;
  taken: number;
  /** Its units are the codes of a pool, of which it is the one share: a queue is not divided. */
  isCoupon?: true;
}

/**
 * Apart from the stock, so that accepting claims and settling them do not fight over one document; and a sum of
 * several, so that consumers of results do not fight either.
 */
interface GrantsDocument {
  /** {@link partId} */
  _id: string;
  granted: number;
}

/** As many documents at most share what is counted of one reward; stock is read far more often than grants are. */
const PARTS = { stock: 8, grants: 16 };

const partId = (rewardId: string, part: number): string => (part === 0 ? rewardId : `${rewardId}:${part}`);

const idsOf = (rewardId: string, parts: number): string[] =>
  Array.from({ length: parts }, (_, part) => partId(rewardId, part));

const sharesOf = (rewardId: string): string[] => idsOf(rewardId, PARTS.stock);
const countersOf = (rewardId: string): string[] => idsOf(rewardId, PARTS.grants);

/** By reward id. */
export type Units = ReadonlyMap<string, number>;

export interface StockStore {
  create(reward: Pick<Reward, 'id' | 'kind'>, total: number | null, session: ClientSession): Promise<void>;
  /** @returns false where more than that is taken */
  setTotal(rewardId: string, total: number | null, session: ClientSession): Promise<boolean>;
  remove(rewardIds: readonly string[], session: ClientSession): Promise<void>;
  findAll(rewardIds: readonly string[], session?: ClientSession): Promise<Map<string, SharedStock>>;
  /**
   * Takes units, of no reward more than there are; throws otherwise.
   *
   * @param stock as the same transaction has read it
   */
  take(units: Units, stock: ReadonlyMap<string, SharedStock>, session: ClientSession): Promise<void>;
  giveBack(units: Units, session: ClientSession): Promise<void>;
  countGrants(units: Units, session: ClientSession): Promise<void>;
  figuresOf(rewardIds: readonly string[]): Promise<Map<string, StockFigures>>;
}

export const stockIndexes: IndexSpec[] = [
  { collection: 'rewardStock', indexes: [] },
  { collection: 'rewardGrants', indexes: [] },
];

export function createStockStore(
  db: Db,
  codes: Pick<CodeStore, 'createPool' | 'poolsOf' | 'removePools'>,
): StockStore {
  const stocks = db.collection<StockDocument>('rewardStock');
  const grants = db.collection<GrantsDocument>('rewardGrants');

  async function findAll(
    rewardIds: readonly string[],
    session?: ClientSession,
  ): Promise<Map<string, SharedStock>> {
    const ids = rewardIds.flatMap(sharesOf);
    // All in one answer; otherwise the first has 101 of them.
    const found = await stocks.find({ _id: { $in: ids } }, { batchSize: ids.length + 1, session }).toArray();
    const byId = new Map(found.map((document) => [document._id, document]));
    const coupons = found.filter(({ isCoupon }) => isCoupon).map(({ _id }) => _id);
    const pools = coupons.length > 0 ? await codes.poolsOf(coupons, session) : new Map<string, never>();
    return new Map(
      rewardIds
        .filter((rewardId) => byId.has(rewardId))
        .map((rewardId) => {
          const shares = sharesOf(rewardId).flatMap((id): StockShare[] => {
            const { total, taken } = byId.get(id) ?? {};
            return total === undefined || taken === undefined ? [] : [{ id, total, taken }];
          });
          const pool = pools.get(rewardId);
          return [rewardId, { ...sumOf(shares), shares, ...(pool && { pool }) }];
        }),
    );
  }

  return {
    create: async ({ id, kind }, total, session) => {
      if (kind === 'coupon') {
        await stocks.insertOne({ _id: id, total, taken: 0, isCoupon: true }, { session });
        await codes.createPool(id, session);
        return;
      }
      const shares = divideStock(sharesOf(id), [], total);
      await stocks.insertMany(
        shares.map((share) => ({ _id: share.id, total: share.total, taken: share.taken })),
        { session },
      );
    },
    setTotal: async (rewardId, total, session) => {
      const stock = (await findAll([rewardId], session)).get(rewardId);
      if (!stock || (total !== null && stock.taken > total)) return false;
      const ids = stock.pool ? [rewardId] : sharesOf(rewardId);
      await stocks.bulkWrite(
        divideStock(ids, stock.shares, total).map((share) => ({
          updateOne: {
            filter: { _id: share.id },
            update: { $set: { total: share.total }, $setOnInsert: { taken: 0 } },
            upsert: true,
          },
        })),
        { session },
      );
      return true;
    },
    remove: async (rewardIds, session) => {
      await stocks.deleteMany({ _id: { $in: rewardIds.flatMap(sharesOf) } }, { session });
      await codes.removePools(rewardIds, session);
    },
    findAll,
    take: async (units, stock, session) => {
      const fromShares = [...units].flatMap(([rewardId, count]) => {
        const { shares } = stock.get(rewardId) ?? { shares: [] };
        return takeFromShares(shares, count, randomInt(PARTS.stock) % shares.length);
      });
      const updates = fromShares.map(([_id, count]) => ({
        updateOne: {
          filter: {
            _id,
            $expr: { $or: [{ $eq: ['$total', null] }, { $lte: [{ $add: ['$taken', count] }, '$total'] }] },
          },
          update: { $inc: { taken: count } },
        },
      }));
      const { matchedCount } = await stocks.bulkWrite(updates, { session });
      // Decided on the same snapshot that is written to, so this cannot be, and nothing is sold if it is.
      if (matchedCount !== updates.length) throw new Error('more units were to be taken than there are');
    },
    // To the first share, whichever they were taken from: what is left is in the sum.
    giveBack: async (units, session) => {
      await stocks.bulkWrite(
        [...units].map(([rewardId, count]) => ({
          updateOne: { filter: { _id: rewardId }, update: { $inc: { taken: -count } } },
        })),
        { session },
      );
    },
    countGrants: async (units, session) => {
      const part = randomInt(PARTS.grants);
      await grants.bulkWrite(
        [...units].map(([rewardId, count]) => ({
          updateOne: {
            filter: { _id: partId(rewardId, part) },
            update: { $inc: { granted: count } },
            upsert: true,
          },
        })),
        { session },
      );
    },
    figuresOf: async (rewardIds) => {
      // Grants first: read later they could count units that the stock did not know as taken.
      const counted = await grants.find({ _id: { $in: rewardIds.flatMap(countersOf) } }).toArray();
      const countOf = new Map(counted.map(({ _id, granted }) => [_id, granted]));
      const found = await findAll(rewardIds);
      return new Map(
        [...found].map(([id, stock]) => {
          const granted = countersOf(id).reduce((sum, part) => sum + (countOf.get(part) ?? 0), 0);
          return [id, stockFigures(stock, granted)];
        }),
      );
    },
  };
}

function sumOf(shares: readonly StockShare[]): Pick<SharedStock, 'total' | 'taken'> {
  return shares.reduce<Pick<SharedStock, 'total' | 'taken'>>(
    (sum, { total, taken }) => ({
      total: sum.total === null || total === null ? null : sum.total + total,
      taken: sum.taken + taken,
    }),
    { total: 0, taken: 0 },
  );
}
