import type { Caller } from 'service-kit/audit';
import { DomainError } from 'service-kit/http';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { Audited } from '../../audit/audit.ts';
import type { RewardStore } from '../rewards/reward-store.ts';
import type { ReadCodes } from './code-lines.ts';
import type { CodeStore } from '../rewards/kinds/code-store.ts';

export interface AddedCodes {
  added: number;
  /** Those that the reward has already. */
  duplicates: number;
  invalid: number;
}

export interface CodeUpload {
  eventId: string;
  rewardId: string;
  /** Read only once the reward is known to take them. */
  codes: AsyncIterable<ReadCodes>;
}

export type AddCodes = (upload: CodeUpload, by: Caller) => Promise<AddedCodes>;

/**
 * Adds codes to a coupon's pool, each batch in a transaction of its own: what was added before an upload broke off
 * stays, and the whole upload can be repeated. The first that adds any is recorded with it.
 */
export function addCodes(deps: {
  rewards: Pick<RewardStore, 'find'>;
  codes: Pick<CodeStore, 'add'>;
  transact: Transact<OutgoingMessage>;
  audited: Audited;
}): AddCodes {
  const { rewards, codes: store, audited, transact } = deps;
  const notThere = () => new DomainError('not_found', 'The event has no such reward');

  return ({ eventId, rewardId, codes }, by) =>
    audited({ action: 'add-codes', by, eventId, details: { rewardId } }, async (done) => {
      const reward = await rewards.find(eventId, rewardId);
      if (!reward) throw notThere();
      if (reward.kind !== 'coupon') {
        throw new DomainError(
          'not_a_coupon',
          `Codes belong to coupons; this reward is of kind ${reward.kind}`,
        );
      }
      const result: AddedCodes = { added: 0, duplicates: 0, invalid: 0 };
      for await (const batch of codes) {
        result.invalid += batch.invalid;
        if (batch.codes.length === 0) continue;
        const added = await transact(
          async (tx) => {
            const count = await store.add(rewardId, batch.codes, tx.session);
            if (count && result.added === 0) await done(tx);
            return count;
          },
          { retryOnDuplicateKey: true },
        );
        if (added === undefined) throw notThere();
        result.added += added;
        result.duplicates += batch.codes.length - added;
      }
      return result;
    });
}
