import { Counter, Gauge, type Registry } from '@prometheus-io/client';

export interface ClaimMetrics {
  /** Claims that are flagged as stuck; counted when it is asked for. */
  stuckClaims: Gauge;
  /** Claims by what was decided at once: accepted, known, or the code of the refusal. */
  claimsDecided: Counter<'outcome'>;
  /** Claims and revokes by what the ledger decided. */
  claimsSettled: Counter<'outcome'>;
  /** Revokes asked for, by whose doing. */
  revokesRequested: Counter<'cause'>;
  /** Cancellations asked for, by reason. */
  cancellations: Counter<'reason'>;
}

export function createClaimMetrics(registry: Registry, countStuck: () => Promise<number>): ClaimMetrics {
  const registers = [registry];
  const stuckClaims = new Gauge({
    name: 'claims_stuck',
    help: 'Claims that the ledger has not decided about a minute after their deadline',
    registers,
    async collect() {
      // Without the store there is no figure, which is better than no metrics at all.
      const stuck = await countStuck().catch(() => undefined);
      if (stuck !== undefined) this.set(stuck);
    },
  });
  return {
    stuckClaims,
    claimsDecided: new Counter({
      name: 'claims_decided_total',
      help: 'Requests for claims, by what was decided at once',
      labelNames: ['outcome'],
      registers,
    }),
    claimsSettled: new Counter({
      name: 'claims_settled_total',
      help: "Claims and revokes, by the ledger's decision",
      labelNames: ['outcome'],
      registers,
    }),
    revokesRequested: new Counter({
      name: 'claims_revokes_requested_total',
      help: 'Revokes asked for: by an operator, by a job, or once more because no answer came',
      labelNames: ['cause'],
      registers,
    }),
    cancellations: new Counter({
      name: 'claims_cancellations_total',
      help: 'Cancellations asked for, by reason',
      labelNames: ['reason'],
      registers,
    }),
  };
}
