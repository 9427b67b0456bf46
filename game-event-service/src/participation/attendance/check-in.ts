import type { Registry } from '@prometheus-io/client';
import type { OutgoingMessage } from 'service-kit/messaging';
import { createGroupCommit, isStoreUnavailable, type GroupCommit, type Transact } from 'service-kit/mongo';
import type { AccountStore } from '../accounts/account-store.ts';
import { type Clock, unique } from 'service-kit/service';
import type { CountProgress } from '../progress/count-progress.ts';
import type { ProgressStore } from '../progress/progress-store.ts';
import { progressIdOf } from '../progress/progress.ts';
import type { Refusal } from '../../http/refusal.ts';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import { decideCheckIns, type CheckInRequest, type CheckInResult } from './decide-check-ins.ts';

export interface CheckInDeps {
  ruleReader: RuleReader;
  accounts: AccountStore;
  progress: Pick<ProgressStore, 'findAll'>;
  countProgress: CountProgress;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
  metrics: Registry;
}

/**
 * Check-ins that arrive together are decided and stored in one transaction. Two of the same account and day meet
 * in one group, or read what the other wrote, or conflict and are decided again: the day counts once.
 */
export function createCheckIns(deps: CheckInDeps): GroupCommit<CheckInRequest, CheckInResult | Refusal> {
  const { ruleReader, accounts, progress, countProgress, transact, clock, metrics } = deps;

  return createGroupCommit({
    name: 'check-ins',
    isUnavailable: isStoreUnavailable,
    metrics,
    run: (requests) =>
      transact(
        async ({ session }) => {
          const eventIds = unique(requests.map(({ eventId }) => eventId));
          const accountIds = unique(requests.map(({ accountId }) => accountId));
          const progressIds = unique(
            requests.map(({ eventId, accountId }) => progressIdOf(eventId, accountId)),
          );
          const rules = await ruleReader.of(eventIds, session);
          const { results, additions } = decideCheckIns(requests, {
            rules,
            accounts: await accounts.standingOf(accountIds, session),
            progress: await progress.findAll(progressIds, session),
            now: clock(),
          });
          await countProgress(additions, rules, session);
          return results;
        },
        { retryOnDuplicateKey: true },
      ),
  });
}
