import type { Logger } from 'service-kit/logging';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { GroupCommit, Transact } from 'service-kit/mongo';
import type { AccountStore } from '../../participation/accounts/account-store.ts';
import type { Account } from '../../participation/accounts/account.ts';
import { calendarOf } from '../../catalog/calendar/calendar.ts';
import { isStaff } from '../../http/is-staff.ts';
import type { ClaimSnapshotReader } from '../claim-snapshot-reader.ts';
import type { DecisionContext } from '../../catalog/rules/decision-context.ts';
import { claimTarget, type ClaimRequest, type ClaimTarget } from '../resolve-claim.ts';
import { isToBeClaimed, type Decision } from '../decide-claims.ts';
import { type Clock, unique } from 'service-kit/service';
import { opensLater, type EventRules } from '../../catalog/events/event.ts';
import type { ClaimPromptStore, TakenPrompt } from './claim-prompt-store.ts';

export interface MakeAutoClaimsDeps {
  prompts: ClaimPromptStore;
  snapshots: ClaimSnapshotReader;
  accounts: Pick<AccountStore, 'findAll'>;
  acceptance: Pick<GroupCommit<ClaimRequest, Decision>, 'submit'>;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
  logger: Logger;
}

const BATCH = 200;
/** How long a prompt is left to who has taken it; also how often one is looked at whose event has not opened. */
const LEASE_MS = 30_000;

/**
 * Makes the claims of events with automatic claims, as their players would. The transaction that counted something left
 * a prompt. The prompt is removed when all its claims are decided. A crash in between repeats it, and repeating a claim
 * returns the same claim.
 */
export function makeAutoClaims(deps: MakeAutoClaimsDeps): () => Promise<void> {
  const { prompts, clock } = deps;
  return async () => {
    for (;;) {
      const now = clock();
      const taken = await prompts.take(BATCH, { now, leaseMs: LEASE_MS });
      if (taken.length === 0) return;
      await prompts.removeAll(await claimAll(taken, now, deps));
      if (taken.length < BATCH) return;
    }
  };
}

/** @returns the prompts after which nothing is left to be done */
async function claimAll(
  taken: readonly TakenPrompt[],
  now: Date,
  { snapshots, accounts, acceptance, transact, logger }: MakeAutoClaimsDeps,
): Promise<TakenPrompt[]> {
  // In a transaction, so that rules and progress are at least those by which it was counted.
  const { calls, found } = await transact(async ({ session }) => {
    const context = await snapshots.context(taken, now, session);
    const known = await accounts.findAll(unique(taken.map(({ accountId }) => accountId)), session);
    const asked = callsIn(taken, context, known);
    const targets = asked.flatMap((call) => call.targets);
    return { calls: asked, found: await snapshots.read(targets, session) };
  });

  /** @returns whether nothing is left to be done */
  async function answer({ event, targets }: Call): Promise<boolean> {
    const wanted = targets.filter((target) => isToBeClaimed(target, found));
    const made = await Promise.allSettled(wanted.map(({ request }) => acceptance.submit(request)));
    const failed = made.filter((each) => each.status === 'rejected');
    for (const { reason } of failed)
      logger.warn('A claim that makes itself will be tried again', { error: reason, eventId: event.id });
    return failed.length === 0 && !opensLater(event, now);
  }

  const answered = new Set<Call>();
  await Promise.all(calls.map(async (call) => (await answer(call)) && answered.add(call)));
  const kept = new Set(calls.flatMap((call) => (answered.has(call) ? [] : [call.prompt])));
  return taken.filter((prompt) => !kept.has(prompt));
}

/** What a prompt calls for. */
interface Call {
  prompt: TakenPrompt;
  event: EventRules;
  /** One for each reward of the event. */
  targets: ClaimTarget[];
}

/** Prompts of the same account, event and day call for the same, so one of them stands for all. */
function callsIn(
  taken: readonly TakenPrompt[],
  context: DecisionContext,
  accounts: ReadonlyMap<string, Pick<Account, 'roles'>>,
): Call[] {
  const calls = new Map<string, Call>();
  for (const prompt of taken) {
    const { eventId, accountId, at } = prompt;
    const rules = context.rules.get(eventId);
    if (!rules) continue;
    const { event } = rules;
    const request = { eventId, accountId, at, isStaff: isStaff(accounts.get(accountId) ?? { roles: [] }) };
    const targets = rules.rewards.map((rule) =>
      claimTarget({ ...request, rewardId: rule.reward.id }, event, rule, context),
    );
    const day = calendarOf(event.timeZone).dayOf(at);
    calls.set(JSON.stringify([eventId, accountId, day]), { prompt, event, targets });
  }
  return [...calls.values()];
}
