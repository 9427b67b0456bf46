import type { Registry } from '@prometheus-io/client';
import { createGroupCommit, isStoreUnavailable, type GroupCommit } from 'service-kit/mongo';
import type { AccountStore } from '../accounts/account-store.ts';
import type { TokenHolder } from '../accounts/account.ts';
import type { Rotation, SessionStore } from './session-store.ts';

/** Rotates a session; gives whose it is, undefined where nothing was rotated. */
export type Rotations = GroupCommit<Rotation, TokenHolder | undefined>;

/** Where more wait than this, a group beside the first does more for them than a larger one. */
const MOST_TOGETHER = 64;
/** Sessions have nothing to do with each other, and a group spends most of its time waiting for the store. */
const GROUPS_AT_ONCE = 3;

/** Refreshes that arrive together share their round trips: each waits for a majority, and all of them wait at once. */
export function createRotations(dependencies: {
  sessions: Pick<SessionStore, 'rotateAll'>;
  accounts: Pick<AccountStore, 'tokenHoldersOf'>;
  metrics: Registry;
}): Rotations {
  const { sessions, accounts, metrics } = dependencies;

  return createGroupCommit({
    name: 'refreshes',
    maxBatch: MOST_TOGETHER,
    maxRuns: GROUPS_AT_ONCE,
    isUnavailable: isStoreUnavailable,
    metrics,
    run: async (rotations) => {
      const accountIds = await sessions.rotateAll(rotations);
      const ids = new Set(accountIds.flatMap((id) => id ?? []));
      // Read after the rotation, so that a ban is seen by whoever refreshes after it.
      const found = await accounts.tokenHoldersOf([...ids]);
      const byId = new Map(found.map((account) => [account.id, account]));
      return accountIds.map((id) => (id === undefined ? undefined : byId.get(id)));
    },
  });
}
