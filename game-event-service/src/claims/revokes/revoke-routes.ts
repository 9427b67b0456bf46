import { callerOf } from 'service-kit/audit';
import { defineEndpoint, reply, visibleText, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { ClaimId, ClaimResponse, toClaimResponse } from '../claim-schema.ts';
import type { RevokeClaim } from './revoke-claim.ts';

/** As long as the ledger takes it; the owner of the claim reads it there. */
export const RevokeReason = z.string().trim().min(1).max(500).check(visibleText()).meta({
  description: 'The reason; the owner of the claim can read it in the ledger',
  example: 'granted by mistake',
});

export function revokeRoutes({ revokeClaim }: { revokeClaim: RevokeClaim }): Endpoint[] {
  return [
    defineEndpoint({
      method: 'POST',
      path: '/v1/claims/{claimId}/revoke',
      operationId: 'revokeClaim',
      summary: 'Revoke a claim',
      description:
        'The claim becomes `revoking`, then `revoked`. If the reward is already spent, it is `granted` again with `revokeRefused`, and you may try again. For a claim that is being revoked, or was revoked, the call changes nothing and returns the claim. Revoked units still count as granted: they are not given to others and cannot be claimed again.',
      tag: 'claims',
      access: { roles: ['OPERATOR'] },
      request: {
        params: z.object({ claimId: ClaimId }),
        body: z.strictObject({ reason: RevokeReason }),
      },
      responses: {
        202: {
          description: 'The claim, revoking or already revoked',
          body: ClaimResponse,
          headers: z.object({ location: z.string().meta({ description: 'Where the claim can be read' }) }),
        },
      },
      problems: ['not_found', 'claim_not_granted', 'service_unavailable'],
      handle: async (input) => {
        const { params, body } = input;
        const by = callerOf(input);
        const claim = await revokeClaim({ ...params, ...body, by });
        return reply(202, toClaimResponse(claim, by.id), { location: `/v1/claims/${claim.id}` });
      },
    }),
  ];
}
