import { Time } from 'service-kit/http';
import { z } from 'zod';
import { ACCOUNT_STATUSES } from '../../catalog/conditions/leaf.ts';

const AccountId = z.string().min(1);
const AccountVersion = z.int().min(1);

/** What this service needs of the messages about accounts. */
export const AccountEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('laurel.account.registered.v1'),
    data: z.object({
      accountId: AccountId,
      accountVersion: AccountVersion,
      username: z.string().nullable(),
      guest: z.boolean(),
      inviteCode: z.string().optional(),
      registeredAt: Time,
    }),
  }),
  z.object({
    type: z.literal('laurel.account.upgraded.v1'),
    data: z.object({ accountId: AccountId, accountVersion: AccountVersion, username: z.string() }),
  }),
  z.object({
    type: z.literal('laurel.account.status-changed.v1'),
    data: z.object({
      accountId: AccountId,
      accountVersion: AccountVersion,
      status: z.enum(ACCOUNT_STATUSES),
      until: Time.optional(),
      erased: z.boolean().default(false),
    }),
  }),
  z.object({
    type: z.literal('laurel.account.roles-changed.v1'),
    data: z.object({ accountId: AccountId, accountVersion: AccountVersion, roles: z.array(z.string()) }),
  }),
]);
export type AccountEvent = z.output<typeof AccountEvent>;
