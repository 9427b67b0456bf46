import { FINAL, type AttemptHistory } from '../watch/transitions.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';

const NEXT: Record<string, readonly string[]> = {
  pending: ['pending', 'granted', 'rejected'],
  granted: ['granted', 'revoking'],
  revoking: ['revoking', 'revoked', 'granted'],
  revoked: ['revoked'],
  rejected: ['rejected'],
};

const HELD = new Set(['granted', 'revoking', 'revoked']);

/** I7: the final state of an attempt never changes, in the store and in what clients were shown. */
export function statesStayFinal(
  byClaim: ReadonlyMap<string, readonly AttemptHistory[]>,
  removed: readonly string[],
  sightings: ReadonlyMap<string, ReadonlySet<string>>,
): Verdict {
  const breaches: Breach[] = removed.map((id) => ({ what: `claim ${id} was removed`, evidence: { id } }));
  let checked = 0;
  for (const [claimId, attempts] of byClaim) {
    checked += attempts.length;
    const sound = attempts.every(
      ({ statuses, attempt }, index) =>
        attempt === index + 1 &&
        followEachOther(statuses) &&
        (index === attempts.length - 1 || statuses.at(-1) === 'rejected'),
    );
    if (!sound)
      breaches.push({ what: `claim ${claimId} changed in a forbidden way`, evidence: { attempts } });
  }
  for (const [attempt, states] of sightings) {
    const finals = new Set([...states].flatMap((state) => endIn(state) ?? []));
    if (finals.size > 1)
      breaches.push({
        what: `attempt ${attempt} was shown with different ends`,
        evidence: { states: [...states] },
      });
  }
  const rule = 'the final state of an attempt never changes';
  return verdict('I7', rule, checked + sightings.size, breaches);
}

/** The end that a state shows, with the ledger's entry; what was granted may be taken back, and is the same grant. */
function endIn(state: string): string | undefined {
  const [status = '', ...grant] = state.split(' ');
  if (HELD.has(status)) return ['granted', ...grant].join(' ');
  return FINAL.has(status) ? state : undefined;
}

function followEachOther(statuses: readonly string[]): boolean {
  return statuses.every((status, index) => {
    const before = statuses[index - 1];
    return before === undefined ? status === 'pending' : NEXT[before]?.includes(status) === true;
  });
}
