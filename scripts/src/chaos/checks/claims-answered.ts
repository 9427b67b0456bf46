import type { ClaimRecord } from '../load/journal.ts';
import type { ClaimRow, SystemState } from './system-state.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';

const ofWhat = ({
  eventId,
  rewardId,
  accountId,
}: Pick<ClaimRow, 'eventId' | 'rewardId' | 'accountId'>): string => `${eventId} ${rewardId} ${accountId}`;

/** I1: every claim that an answer named exists, and no claim exists that no client made. */
export function claimsAnswered(records: Iterable<ClaimRecord>, { claims }: SystemState): Verdict {
  const breaches: Breach[] = [];
  const stored = Map.groupBy(claims, ofWhat);
  let checked = 0;
  for (const record of records) {
    checked += 1;
    const found = stored.get(ofWhat(record)) ?? [];
    stored.delete(ofWhat(record));
    for (const id of record.seen) {
      if (!found.some(({ _id }) => _id === id))
        breaches.push({
          what: `claim ${id} was answered and is not there`,
          evidence: { ...shown(record), found },
        });
    }
    // The ledger's refusal is a refusal, of a claim that is there.
    const standing = found.filter(({ status }) => status !== 'rejected');
    if (standing.length > 0 && record.seen.size === 0 && record.unknown === 0)
      breaches.push({
        what: 'a claim is there of which every answer said no',
        evidence: { ...shown(record), found },
      });
  }
  for (const found of stored.values())
    breaches.push({ what: 'a claim is there that nobody asked for', evidence: { found } });
  return verdict(
    'I1',
    'every claim answered 2xx exists; an unknown answer means none or one',
    checked,
    breaches,
  );
}

function shown({ seen, refusals, ...record }: ClaimRecord): object {
  return { ...record, seen: [...seen], refusals: [...refusals] };
}
