import type { ClientSession, Db } from 'mongodb';
import type { InvalidField } from '../../../http/invalid-fields.ts';

/** What the owner of a granted unit gets besides asset and quantity, such as the code of a coupon. */
export interface RewardPayload {
  code: string;
}

/** Units that a kind of reward keeps one by one. They limit its stock, and each has a payload. */
export interface Supply {
  /** Units that there are, taken ones among them. */
  total: number;
  /** Position after the last unit. */
  end: number;
}

/** The next units of a reward. */
export interface Wanted {
  rewardId: string;
  supply: Supply;
  /** Units that are taken already. */
  taken: number;
  count: number;
}

/** Where a kind keeps its units. All methods but `find` and `sweep` work in the caller's transaction. */
export interface SupplyStore {
  create(rewardId: string, session: ClientSession): Promise<void>;
  /** @returns the supplies of these rewards by id */
  find(rewardIds: readonly string[], session?: ClientSession): Promise<Map<string, Supply>>;
  /** @returns the payloads of the next units of each reward, in their order; the caller then takes them from the stock */
  reserve(wanted: readonly Wanted[], session: ClientSession): Promise<Map<string, RewardPayload[]>>;
  /** Gives units back that were taken. */
  release(
    units: readonly { rewardId: string; payload: RewardPayload }[],
    session: ClientSession,
  ): Promise<void>;
  remove(rewardIds: readonly string[], session: ClientSession): Promise<void>;
}

/** What the service must know of one kind of reward. */
export interface RewardKindSpec {
  /** The stock of a reward whose operator gives none; undefined where the operator must give one. */
  defaultStock?: null;
  /** @returns what is wrong with this stock for the kind */
  validate(stock: number | null): InvalidField[];
  /** Only of a kind that keeps its units one by one. A reward cannot change to or from such a kind. */
  openSupply?: (db: Db) => SupplyStore;
  /** Stored with the stock of each reward of the kind. */
  stockMark?: Readonly<Record<string, true>>;
  /** @returns what the owner sees of the payload in the `grant` of a claim */
  toResponse(payload: RewardPayload | undefined): { code?: string };
}
