import type { Registry } from '@prometheus-io/client';
import { createGroupCommit, isStoreUnavailable, type GroupCommit } from 'service-kit/mongo';
import type { AccountStore } from '../accounts/account-store.ts';
import type { TokenHolder } from '../accounts/account.ts';
import type { Rotation } from './session-documents.ts';
import type { SessionStore } from './session-store.ts';
import { isOfEpoch } from './session.ts';

/** Rotates a session; gives whose it is, undefined where nothing that lives was rotated. */
export type Rotations = GroupCommit<Rotation, TokenHolder | undefined>;

/** Where more wait than this, a group beside the first does more for them than a larger one. */
const MOST_TOGETHER = 64;
/** Sessions have nothing to do with each other, and a group spends most of its time waiting for the store. */
const GROUPS_AT_ONCE = 3;

/** Refreshes that arrive together share their round trips: each waits for a majority, and all of them wait at once. */
export function createRotations(deps: {
  sessions: Pick<SessionStore, 'rotateAll' | 'epochsOf'>;
  accounts: Pick<AccountStore, 'tokenHoldersOf'>;
  metrics: Registry;
}): Rotations {
  const { sessions, accounts, metrics } = deps;

  return createGroupCommit({
    name: 'refreshes',
    maxBatch: MOST_TOGETHER,
    maxRuns: GROUPS_AT_ONCE,
    isUnavailable: isStoreUnavailable,
    metrics,
    run: async (rotations) => {
      const rotated = await sessions.rotateAll(rotations);
      const ids = new Set(rotated.flatMap((session) => session?.accountId ?? []));
      // Read after the rotation, so that every refresh after a ban sees the ban.
      const found = await accounts.tokenHoldersOf([...ids]);
      const byId = new Map(found.map((account) => [account.id, account]));
      const held = rotated.map((session) => {
        const account = session && byId.get(session.accountId);
        return account && { session, account };
      });
      // Those that seem dead may have been kept between the two reads, while the others ended.
      const behind = held.flatMap((each) =>
        each && !isOfEpoch(each.session, each.account) ? [each.session.sessionId] : [],
      );
      const epochs = behind.length > 0 ? await sessions.epochsOf(behind) : new Map<string, number>();
      return held.map((each) => {
        if (!each) return undefined;
        const { epoch, sessionId } = each.session;
        return isOfEpoch({ epoch: epochs.get(sessionId) ?? epoch }, each.account) ? each.account : undefined;
      });
    },
  });
}
