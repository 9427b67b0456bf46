import type { ClientSession } from 'mongodb';
import { unique } from 'service-kit/service';
import { countUp, type Counts } from '../database/counting.ts';
import type { ProgressStore } from '../participation/progress/progress-store.ts';
import { progressIdOf } from '../participation/progress/progress.ts';
import { readScene, type ReadScene, type ReadSceneDeps } from '../participation/progress/read-scene.ts';
import { isRefusal, type Refusal } from '../http/refusal.ts';
import type { RewardPayload } from '../catalog/rewards/kinds/reward-kind-spec.ts';
import type { RewardRules } from '../catalog/rewards/reward.ts';
import type { StockStore } from '../catalog/rewards/stock-store.ts';
import type { CapStore } from './cap-store.ts';
import type { ClaimStore } from './claim-store.ts';
import type { Target } from './claim-target.ts';
import type { Books } from './decide-claims.ts';

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
  ): Promise<Books>;
  /** The payloads of the units that the targets may take. */
  payloads(
    targets: readonly (Target | Refusal)[],
    stock: Books['stock'],
    session: ClientSession,
  ): Promise<Map<string, RewardPayload[]>>;
}

export interface BooksReaderDeps extends ReadSceneDeps {
  claims: ClaimStore;
  stock: StockStore;
  caps: CapStore;
  progress: ProgressStore;
}

export function createBooksReader(deps: BooksReaderDeps): BooksReader {
  const { claims, stock, caps, progress } = deps;

  return {
    scene: readScene(deps),
    // One after the other: a session has one operation at a time.
    books: async (aimed, session, more = []) => {
      const targets = aimed.flatMap((target) => (isRefusal(target) ? [] : [target]));
      const claimIds = unique(targets.map(({ claimId }) => claimId));
      const rewards = rewardsOf(targets);
      const capIds = unique(targets.flatMap((target) => target.caps.map(({ id }) => id)));
      const readers = targets.filter(({ condition }) => condition?.readsProgress);
      const progressIds = unique([
        ...more,
        ...readers.map(({ event, request }) => progressIdOf(event.id, request.accountId)),
      ]);
      const none = new Map<string, never>();
      return {
        claims: claimIds.length > 0 ? await claims.findAll(claimIds, session) : none,
        stock: rewards.length > 0 ? await stock.findAll(rewards, session) : none,
        counters: capIds.length > 0 ? await caps.findAll(capIds, session) : none,
        progress: progressIds.length > 0 ? await progress.findAll(progressIds, session) : none,
      };
    },
    payloads: async (aimed, found, session) => {
      const targets = aimed.flatMap((target) => (isRefusal(target) ? [] : [target]));
      const asked: Counts = new Map();
      for (const { reward } of targets) countUp(asked, reward.id);
      return stock.nextPayloads(rewardsOf(targets), asked, found, session);
    },
  };
}

const rewardsOf = (targets: readonly Target[]): RewardRules[] => [
  ...new Map(targets.map(({ reward }) => [reward.id, reward])).values(),
];
