import type { ClientSession } from 'mongodb';
import { ACCEPTED_KEY, SENT_ACCEPTED_KEY } from '../invites/decide-acceptances.ts';
import { decideRebuild } from '../progress/decide-rebuild.ts';
import type { ProgressUpdater } from '../progress/progress-updater.ts';
import type { ProgressStore } from '../progress/progress-store.ts';
import { CHECK_IN_METRIC, counterKey } from '../../catalog/conditions/counter.ts';
import { progressIdOf } from '../progress/progress.ts';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import type { Clock } from 'service-kit/service';
import { later } from '../../catalog/calendar/time.ts';
import type { ActivityStore } from './activity-store.ts';
import { additionsOf } from './count-activity.ts';

export interface RebuildDeps {
  activity: ActivityStore;
  progress: Pick<ProgressStore, 'findAll'>;
  progressUpdater: Pick<ProgressUpdater, 'replace'>;
  ruleReader: RuleReader;
  clock: Clock;
  /** How long activity has been kept, in milliseconds. */
  retentionMs: number;
  transact: <Result>(work: (session: ClientSession) => Promise<Result>) => Promise<Result>;
}

export interface Rebuilt {
  accounts: number;
  /** Counters that were not what the history makes. */
  changed: number;
  /** Events that began before the history does: their counters are left as they are. */
  skipped: string[];
}

const ACCOUNTS_AT_A_TIME = 100;

/** These are counted by this service itself, and are no activity. */
const LEFT = new Set([counterKey(CHECK_IN_METRIC), SENT_ACCEPTED_KEY, ACCEPTED_KEY]);

/**
 * Makes the counters anew from the stored activity, for every event that began since it is kept. It is safe while
 * activity comes in: one transaction reads and corrects a group of accounts, conflicts with anything that is counted
 * for them meanwhile, and then runs again.
 */
export async function rebuildProgress(deps: RebuildDeps): Promise<Rebuilt> {
  const { activity, transact } = deps;
  const rebuilt: Rebuilt = { accounts: 0, changed: 0, skipped: [] };

  async function rebuild(accountIds: readonly string[]): Promise<void> {
    rebuilt.changed += await transact((session) => rebuildAccounts(accountIds, session, deps));
    rebuilt.accounts += accountIds.length;
  }

  let group: string[] = [];
  for await (const accountId of activity.everyAccount()) {
    group.push(accountId);
    if (group.length < ACCOUNTS_AT_A_TIME) continue;
    await rebuild(group);
    group = [];
  }
  if (group.length > 0) await rebuild(group);
  rebuilt.skipped = await transact(async (session) => (await rulesIn(session, deps)).skipped);
  return rebuilt;
}

async function rebuildAccounts(
  accountIds: readonly string[],
  session: ClientSession,
  deps: RebuildDeps,
): Promise<number> {
  const { activity, progress, progressUpdater } = deps;
  const { rules } = await rulesIn(session, deps);
  const progressIds = rules.flatMap(({ event }) => accountIds.map((each) => progressIdOf(event.id, each)));
  const known = await progress.findAll(progressIds, session);
  const additions = additionsOf(await activity.historyOf(accountIds, session), rules);
  const changes = decideRebuild(accountIds, rules, known, additions, LEFT);
  const byId = new Map(rules.map((each) => [each.event.id, each]));
  if (changes.length > 0) await progressUpdater.replace(changes, byId, session);
  return changes.length;
}

/** The events that may count anything, and among them those whose activity is no longer complete. */
async function rulesIn(session: ClientSession, { ruleReader, clock, retentionMs }: RebuildDeps) {
  const now = clock();
  const since = later(now, -retentionMs);
  const all = [...(await ruleReader.during({ first: since, last: now }, session)).values()];
  const isWhole = ({ event }: (typeof all)[number]): boolean => event.startsAt >= since;
  return {
    rules: all.filter(isWhole),
    skipped: all.filter((each) => !isWhole(each) && each.counted.length > 0).map(({ event }) => event.id),
  };
}
