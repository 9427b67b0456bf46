import { grantIdOf, type SystemState } from './system-state.ts';
import { several, type Verdict, verdict } from './verdict.ts';

/** I2: one decision and one grant for each grant id, one granted attempt for each claim, one claim for each key. */
export function grantedOnce({ claims, decisions, ledger }: SystemState): Verdict {
  const granted = decisions.filter(({ outcome }) => outcome === 'granted');
  const breaches = [
    ...several(ledger, ({ grantId, kind }) => `${kind} of ${grantId}`).map(([what, entries]) => ({
      what: `${entries.length} ledger entries for the ${what}`,
      evidence: { entries },
    })),
    ...several(decisions, grantIdOf).map(([grantId, found]) => ({
      what: `${found.length} decisions about ${grantId}`,
      evidence: { decisions: found },
    })),
    ...several(
      new Map(granted.map((each) => [grantIdOf(each), each])).values(),
      ({ claimId }) => claimId,
    ).map(([claimId, found]) => ({
      what: `${found.length} granted attempts of ${claimId}`,
      evidence: { decisions: found },
    })),
    ...several(claims, ({ eventId, rewardId, accountId, period }) =>
      [eventId, rewardId, accountId, period].join(' '),
    ).map(([key, found]) => ({ what: `${found.length} claims for ${key}`, evidence: { claims: found } })),
  ];
  return verdict('I2', 'one grant per grantId, one granted attempt per claim', ledger.length, breaches);
}
