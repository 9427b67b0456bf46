import { z } from 'zod';
import { MOST_SHOWN, type Acceptance, type Invite } from './invite.ts';

const Code = z.string().meta({ example: 'WDJB-MJHT-KXRN' });

/** Anything: what no code looks like is just not found. */
export const TypedCode = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: 'Upper or lower case, with or without hyphens', example: 'WDJB-MJHT-KXRN' });

/** There is nothing to say: a body may be left out, and has no fields. */
export const NoFields = z.strictObject({}).default({});

export const InviteResponse = z
  .object({
    code: Code,
    createdAt: z.iso.datetime(),
    accepted: z.int().min(0).meta({ description: 'How many accounts have accepted it' }),
    acceptances: z
      .array(z.object({ accountId: z.string(), acceptedAt: z.iso.datetime() }))
      .meta({ description: `The latest acceptances, newest first: ${MOST_SHOWN} at most` }),
  })
  .meta({ id: 'Invite' });
export type InviteResponse = z.output<typeof InviteResponse>;

export const AcceptanceResponse = z
  .object({ code: Code, inviterId: z.string(), acceptedAt: z.iso.datetime() })
  .meta({ id: 'InviteAcceptance' });
export type AcceptanceResponse = z.output<typeof AcceptanceResponse>;

export function toInviteResponse({ code, createdAt, accepted, latest }: Invite): InviteResponse {
  const acceptances = latest.map(({ accountId, at }) => ({ accountId, acceptedAt: at.toISOString() }));
  return { code, createdAt: createdAt.toISOString(), accepted, acceptances };
}

export function toAcceptanceResponse({ code, inviterId, at }: Acceptance): AcceptanceResponse {
  return { code, inviterId, acceptedAt: at.toISOString() };
}
