import {
  type ClaimRow,
  type DecisionRow,
  grantIdOf,
  type LedgerRow,
  type SystemState,
} from './system-state.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';

const HELD = new Set(['granted', 'revoking', 'revoked']);

/** I6: the state of a claim in game-event-service agrees with the decision and the ledger of auth-service. */
export function claimsMatchDecisions({
  claims,
  decisions,
  ledger,
}: Pick<SystemState, 'claims' | 'decisions' | 'ledger'>): Verdict {
  const decisionOf = new Map(decisions.map((decision) => [grantIdOf(decision), decision]));
  const entryOf = new Map(
    ledger.filter(({ kind }) => kind === 'grant').map((entry) => [entry.grantId, entry]),
  );
  const reversed = new Set(ledger.filter(({ kind }) => kind === 'reversal').map(({ grantId }) => grantId));
  const claimOf = new Map(claims.map((claim) => [claim._id, claim]));
  const breaches: Breach[] = [];

  for (const claim of claims) {
    const decision = decisionOf.get(claim.grantId);
    const entry = entryOf.get(claim.grantId);
    const isReversed = reversed.has(claim.grantId);
    // Claims that are still being revoked break I5, not this rule.
    if (claim.status !== 'revoking' && isReversed !== (claim.status === 'revoked'))
      breaches.push({
        what: `claim ${claim._id} is ${claim.status} and its grant was ${isReversed ? '' : 'not '}reversed`,
        evidence: { claim, entry },
      });
    if (!agrees(claim, decision, entry))
      breaches.push({
        what: `claim ${claim._id} is ${claim.status} and was ${decision?.outcome ?? 'never decided'}`,
        evidence: { claim, decision, entry },
      });
  }
  for (const decision of decisions) {
    const claim = claimOf.get(decision.claimId);
    const grantId = grantIdOf(decision);
    const known = claim !== undefined && attemptOf(grantId) <= claim.attempt;
    const superseded = known && grantId !== claim.grantId && decision.outcome === 'granted';
    if (!known || superseded)
      breaches.push({
        what: `${grantId} was ${decision.outcome} for ${claim ? 'an attempt that was given up' : 'no claim'}`,
        evidence: { decision, claim },
      });
    if (decision.outcome === 'granted' && !entryOf.has(grantId))
      breaches.push({ what: `${grantId} was granted and is not in the ledger`, evidence: { decision } });
  }
  for (const [grantId, entry] of entryOf) {
    if (decisionOf.get(grantId)?.outcome !== 'granted')
      breaches.push({ what: `the ledger grants ${grantId}, which was not decided`, evidence: { entry } });
  }
  return verdict('I6', "a claim's state = the ledger's decision", claims.length + decisions.length, breaches);
}

function agrees(claim: ClaimRow, decision: DecisionRow | undefined, entry: LedgerRow | undefined): boolean {
  if (HELD.has(claim.status)) {
    return (
      decision?.outcome === 'granted' &&
      decision.ledgerEntryId === claim.ledgerEntryId &&
      entry?.accountId === claim.accountId &&
      entry.asset === claim.reward.asset &&
      entry.quantity === claim.reward.quantity
    );
  }
  // Claims that are still pending break I5, not this rule.
  if (claim.status !== 'rejected') return true;
  return decision?.outcome === 'refused' && decision.code === claim.reason && entry === undefined;
}

/** A grant id is the claim's id and the number of the attempt. */
function attemptOf(grantId: string): number {
  return Number(grantId.slice(grantId.lastIndexOf('.') + 1));
}
