import type { ClientSession } from 'mongodb';
import type { Rules } from '../../catalog/rules/rules.ts';
import type { Clock } from 'service-kit/service';
import { progressIdOf } from './progress.ts';
import type { ProgressUpdater } from './progress-updater.ts';
import type { Addition } from './progress-store.ts';

/** Says that something was counted for an account in an event whose claims are made by themselves. */
export interface ClaimPrompt {
  eventId: string;
  accountId: string;
  /** When it was counted. */
  at: Date;
}

/** @param rules of the events that are added to, by id */
export type CountProgress = (
  additions: readonly Addition[],
  rules: ReadonlyMap<string, Pick<Rules, 'event' | 'condition'>>,
  session: ClientSession,
) => Promise<void>;

/** Where prompts for automatic claims are left. */
export interface ClaimPrompts {
  insertAll(prompts: readonly ClaimPrompt[], session: ClientSession): Promise<void>;
}

/** Adds to counters; where that may fulfil the condition of a claim that makes itself, it leaves a prompt with it. */
export function countProgress(deps: {
  progressUpdater: Pick<ProgressUpdater, 'add'>;
  prompts: ClaimPrompts;
  clock: Clock;
}): CountProgress {
  const { progressUpdater, prompts, clock } = deps;
  return async (additions, rules, session) => {
    if (additions.length === 0) return;
    await progressUpdater.add(additions, rules, session);
    const at = clock();
    const prompted = new Map(
      additions
        .filter(({ eventId }) => rules.get(eventId)?.event.autoClaim)
        .map(({ eventId, accountId }) => [progressIdOf(eventId, accountId), { eventId, accountId, at }]),
    );
    if (prompted.size > 0) await prompts.insertAll([...prompted.values()], session);
  };
}
