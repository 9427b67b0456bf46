import type { ClientSession } from 'mongodb';
import { unique } from 'service-kit/service';
import { countUp, type Counts } from '../database/counting.ts';
import type { ProgressStore } from '../participation/progress/progress-store.ts';
import { progressIdOf } from '../participation/progress/progress.ts';
import { readScene, type ReadScene, type ReadSceneDeps } from '../participation/progress/read-scene.ts';
import { isRefusal, type Refusal } from '../http/refusal.ts';
import type { CodeStore, Stretch } from '../catalog/rewards/code-store.ts';
import { nextPosition, unitsLeft, type SharedStock } from '../catalog/rewards/stock.ts';
import type { StockStore } from '../catalog/rewards/stock-store.ts';
import type { CapStore } from './cap-store.ts';
import type { ClaimStore } from './claim-store.ts';
import type { Target } from './claim-target.ts';
import type { Books } from './decide-claims.ts';

/** With what a decision need not know and storing it must: where units are to be taken from. */
export interface StoredBooks extends Books {
  stock: ReadonlyMap<string, SharedStock>;
}

/** Reads what decisions about claims need: for all requests together, one question a collection. */
export interface BooksReader {
  scene: ReadScene;
  /**
   * Asks only for what the targets make necessary.
   *
   * @param more ids of progress that is wanted besides
   */
  books(
    targets: readonly (Target | Refusal)[],
    session?: ClientSession,
    more?: readonly string[],
  ): Promise<StoredBooks>;
  /** The codes that coupons among the targets give next, as many as may be asked for. */
  codes(
    targets: readonly (Target | Refusal)[],
    stock: Books['stock'],
    session: ClientSession,
  ): Promise<Map<string, string[]>>;
}

export interface BooksReaderDeps extends ReadSceneDeps {
  claims: ClaimStore;
  stock: StockStore;
  codes: Pick<CodeStore, 'read'>;
  caps: CapStore;
  progress: ProgressStore;
}

export function createBooksReader(deps: BooksReaderDeps): BooksReader {
  const { claims, stock, codes, caps, progress } = deps;

  return {
    scene: readScene(deps),
    // One after the other: a session has one operation at a time.
    books: async (aimed, session, more = []) => {
      const targets = aimed.flatMap((target) => (isRefusal(target) ? [] : [target]));
      const claimIds = unique(targets.map(({ claimId }) => claimId));
      const rewardIds = unique(targets.map(({ reward }) => reward.id));
      const capIds = unique(targets.flatMap((target) => target.caps.map(({ id }) => id)));
      const readers = targets.filter(({ condition }) => condition?.readsProgress);
      const progressIds = unique([
        ...more,
        ...readers.map(({ event, request }) => progressIdOf(event.id, request.accountId)),
      ]);
      const none = new Map<string, never>();
      return {
        claims: claimIds.length > 0 ? await claims.findAll(claimIds, session) : none,
        stock: rewardIds.length > 0 ? await stock.findAll(rewardIds, session) : none,
        counters: capIds.length > 0 ? await caps.findAll(capIds, session) : none,
        progress: progressIds.length > 0 ? await progress.findAll(progressIds, session) : none,
      };
    },
    codes: async (aimed, found, session) => {
      const stretches = stretchesOf(aimed, found);
      return stretches.length > 0 ? await codes.read(stretches, session) : new Map<string, never>();
    },
  };
}

function stretchesOf(aimed: readonly (Target | Refusal)[], stock: Books['stock']): Stretch[] {
  const asked: Counts = new Map();
  for (const target of aimed) if (!isRefusal(target)) countUp(asked, target.reward.id);
  return [...asked].flatMap(([rewardId, count]) => {
    const units = stock.get(rewardId);
    const most = units?.pool ? Math.min(count, unitsLeft(units) ?? 0) : 0;
    if (!units?.pool || most === 0) return [];
    const from = nextPosition(units, units.pool);
    return [{ rewardId, from, to: from + most }];
  });
}
