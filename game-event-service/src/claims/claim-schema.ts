import { z } from 'zod';
import { OptionalExplanation } from '../catalog/conditions/explanation-schema.ts';
import { REVOKE_REFUSALS, type Revocation } from './revocation.ts';
import { REWARD_KINDS, specOf } from '../catalog/rewards/kinds/reward-kinds.ts';
import { RewardId } from '../catalog/rewards/reward-schema.ts';
import { CLAIM_STATUSES, REFUSAL_REASONS, type Claim } from './claim.ts';

export const ClaimId = z.string().min(1).max(128).meta({ example: 'clm_7Jq0xw2mS4n8VbYc1ZtK3A' });

/** A body may be left out where the event has one reward. */
export const ClaimInput = z
  .strictObject({
    rewardId: RewardId.optional().meta({ description: 'Not needed if the event has only one reward' }),
  })
  .default({});

export const ClaimResponse = z
  .object({
    id: ClaimId,
    eventId: z.string(),
    eventVersion: z.int(),
    rewardId: z.string(),
    accountId: z.string(),
    period: z.string().meta({ description: 'once, a day, an ISO week or a month', example: '2026-W49' }),
    status: z.enum(CLAIM_STATUSES),
    attempt: z.int().min(1),
    reason: z.enum(REFUSAL_REASONS).optional().meta({ description: 'Why it was rejected' }),
    grant: z
      .object({
        kind: z.enum(REWARD_KINDS),
        asset: z.string(),
        quantity: z.int(),
        code: z
          .string()
          .optional()
          .meta({ description: 'The code of a coupon; only the owner of the claim sees it' }),
        ledgerEntryId: z.string(),
      })
      .optional()
      .meta({ description: 'The granted asset' }),
    revokeRefused: z
      .enum(REVOKE_REFUSALS)
      .optional()
      .meta({ description: 'Why the revoke was refused, so that the claim is still granted' }),
    revocation: z
      .object({
        reason: z.string(),
        requestedAt: z.iso.datetime(),
        completedAt: z.iso.datetime().optional(),
        ledgerEntryId: z.string().optional().meta({ description: 'The reversal in the ledger' }),
      })
      .optional()
      .meta({ description: 'The last attempt to revoke it' }),
    createdAt: z.iso.datetime(),
    completedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'Claim' });
export type ClaimResponse = z.output<typeof ClaimResponse>;

/** @param viewerId account that the answer is for */
export function toClaimResponse(claim: Claim, viewerId: string): ClaimResponse {
  const { id, eventId, eventVersion, rewardId, accountId, period, status, attempt } = claim;
  const { reward, reason, ledgerEntryId, revocation, createdAt, completedAt } = claim;
  const payload = status === 'granted' && viewerId === accountId ? claim.payload : undefined;
  return {
    id,
    eventId,
    eventVersion,
    rewardId,
    accountId,
    period,
    status,
    attempt,
    ...(reason && { reason }),
    ...(ledgerEntryId !== undefined && {
      grant: { ...reward, ...specOf(reward.kind).toResponse(payload), ledgerEntryId },
    }),
    ...(revocation?.refused && { revokeRefused: revocation.refused }),
    ...(revocation && { revocation: toRevocationResponse(revocation) }),
    createdAt: createdAt.toISOString(),
    ...(completedAt && { completedAt: completedAt.toISOString() }),
  };
}

function toRevocationResponse({ reason, requestedAt, completedAt, ledgerEntryId }: Revocation) {
  return {
    reason,
    requestedAt: requestedAt.toISOString(),
    ...(completedAt && { completedAt: completedAt.toISOString() }),
    ...(ledgerEntryId !== undefined && { ledgerEntryId }),
  };
}

export const EligibilityResponse = z
  .object({
    eligible: z.boolean().meta({
      description: 'Whether the account may claim from this event now, without regard to the single rewards',
    }),
    period: z.string(),
    rewards: z.array(
      z.object({
        rewardId: z.string(),
        claimable: z.boolean(),
        reason: z.string().optional().meta({
          description:
            'Why not: `already_claimed`, `claim_pending`, or the code with which a claim would be refused',
        }),
      }),
    ),
    conditions: OptionalExplanation.meta({ description: 'Null if the event has no condition' }),
  })
  .meta({ id: 'Eligibility' });
