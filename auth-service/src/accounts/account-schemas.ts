import { EtagHeader, versionTag } from 'service-kit/http';
import { roles, type Access } from 'service-kit/identity';
import { z } from 'zod';
import type { Account } from './account.ts';
import { DisplayName, Email } from './profile.ts';

export const Role = z.enum(roles);
export const AccountStatus = z.enum(['active', 'banned', 'deleted']);

/** All roles of an account, in one order and each once. */
export const Roles = z
  .array(Role)
  .min(1)
  .max(20)
  .transform((given) => roles.filter((role) => given.includes(role)))
  .meta({
    type: 'array',
    items: { type: 'string', enum: [...roles] },
    minItems: 1,
    example: ['USER', 'OPERATOR'],
  });

/** What can be changed of an account's profile. */
export const ProfilePatch = z
  .strictObject({ email: Email.nullable().optional(), displayName: DisplayName.nullable().optional() })
  .meta({ description: 'JSON Merge Patch: null removes' });

export const AccountView = z
  .object({
    id: z.string().meta({ example: 'acc_Qm3v0d8YhT5sLx2RkN7wUg' }),
    username: z.string(),
    email: z.string().nullable(),
    displayName: z.string().nullable(),
    roles: z.array(Role),
    status: AccountStatus,
    guest: z.boolean(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Account' });

export type AccountView = z.infer<typeof AccountView>;

/** An account as others see it; picked, so that nothing new of it is shown by accident. */
export function toAccountView(account: Account): AccountView {
  return {
    id: account.id,
    username: account.username,
    email: account.email,
    displayName: account.displayName,
    roles: [...account.roles],
    status: account.status,
    guest: account.guest,
    createdAt: account.createdAt.toISOString(),
    updatedAt: account.updatedAt.toISOString(),
  };
}

/** The tag is the version of the account, which grows with every change that is shown. */
export const AccountHeaders = EtagHeader;
export const etagOf = ({ version }: Account): { etag: string } => ({ etag: versionTag(version) });

/** Staff, and service clients that may look accounts up. */
export const READERS: Access = { roles: ['OPERATOR', 'AUDITOR'], scopes: ['accounts:read'] };
export const AccountParams = z.object({ id: z.string().max(128) });
