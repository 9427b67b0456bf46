import type { GroupCommit } from 'service-kit/mongo';
import { orThrow } from '../http/refusal.ts';
import type { ClaimWaiter } from './claim-waiter.ts';
import type { Claim } from './claim.ts';
import type { ClaimRequest } from './resolve-claim.ts';
import type { Decision } from './decide-claims.ts';

export interface Submission extends ClaimRequest {
  /** How long to wait for the outcome, in milliseconds. */
  waitMs: number;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/** The claim as it is now, and whether it was there before this request. */
export interface Submitted {
  claim: Claim;
  wasThere: boolean;
}

export type SubmitClaim = (submission: Submission) => Promise<Submitted>;

/** Submits a claim and waits a while for its outcome. */
export function submitClaim(deps: {
  acceptance: Pick<GroupCommit<ClaimRequest, Decision>, 'submit'>;
  waiter: Pick<ClaimWaiter, 'wait'>;
}): SubmitClaim {
  const { acceptance, waiter } = deps;
  return async ({ waitMs, signal, ...request }) => {
    const decision = orThrow(await acceptance.submit(request, signal));
    if ('known' in decision) return { claim: decision.known, wasThere: true };
    const { accepted } = decision;
    const decided = await waiter.wait(accepted, waitMs, signal);
    return { claim: decided ?? accepted, wasThere: false };
  };
}
