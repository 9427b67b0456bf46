import type { SystemState } from './system-state.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';

/** The accounts in game-event-service agree with auth-service, in any order of their messages. */
export function accountsAreKnown(
  registered: ReadonlySet<string>,
  { accounts, knownAccounts }: Pick<SystemState, 'accounts' | 'knownAccounts'>,
): Verdict {
  const statusOf = new Map(accounts.map(({ _id, status }) => [_id, status]));
  const known = new Set(knownAccounts.map(({ _id }) => _id));
  const breaches: Breach[] = [];
  for (const id of registered) {
    if (!statusOf.has(id))
      breaches.push({ what: `account ${id} was registered and is not there`, evidence: { id } });
    if (!known.has(id))
      breaches.push({ what: `game-event-service never heard of account ${id}`, evidence: { id } });
  }
  for (const { _id: id, status } of knownAccounts) {
    if (statusOf.get(id) !== status)
      breaches.push({
        what: `account ${id} is ${statusOf.get(id) ?? 'not there'} and thought to be ${status}`,
        evidence: { id, status, really: statusOf.get(id) },
      });
  }
  const rule = 'the copy of an account = the account';
  return verdict('accounts', rule, registered.size + knownAccounts.length, breaches);
}
