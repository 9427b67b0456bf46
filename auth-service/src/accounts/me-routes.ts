import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { callerOf } from '../audit/caller.ts';
import { refusal } from '../refusal.ts';
import { AccountHeaders, AccountView, etagOf, toAccountView } from './account-schemas.ts';
import type { AccountStore } from './account-store.ts';
import type { ChangePassword } from './change-password.ts';
import { NewPassword, PresentedPassword } from './password-policy.ts';
import { DisplayName, Email } from './profile.ts';
import type { UpdateProfile } from './update-profile.ts';

export interface MeRoutesDependencies {
  accounts: Pick<AccountStore, 'find'>;
  updateProfile: UpdateProfile;
  changePassword: ChangePassword;
}

const tag = 'me';
const ProfilePatch = z
  .strictObject({ email: Email.nullable().optional(), displayName: DisplayName.nullable().optional() })
  .meta({ description: 'JSON Merge Patch: null removes' });
const Passwords = z.strictObject({ currentPassword: PresentedPassword, newPassword: NewPassword });

/** An account as its owner has it. */
export function meRoutes({ accounts, updateProfile, changePassword }: MeRoutesDependencies): Endpoint[] {
  const read = defineEndpoint({
    method: 'GET',
    path: '/v1/me',
    operationId: 'readMe',
    summary: 'My account',
    tag,
    access: 'signed-in',
    responses: { 200: { description: 'The account', body: AccountView, headers: AccountHeaders } },
    problems: ['account_not_found'],
    handle: async ({ identity }) => {
      const account = await accounts.find(identity.userId);
      if (!account || account.status === 'deleted') throw refusal('account_not_found');
      return reply(200, toAccountView(account), etagOf(account));
    },
  });

  const update = defineEndpoint({
    method: 'PATCH',
    path: '/v1/me',
    operationId: 'updateMe',
    summary: 'Change my profile',
    tag,
    access: 'signed-in',
    request: { body: ProfilePatch },
    responses: {
      200: { description: 'The account as it is now', body: AccountView, headers: AccountHeaders },
    },
    problems: ['account_not_found', 'account_banned'],
    handle: async (input) => {
      const account = await updateProfile(callerOf(input), input.body);
      return reply(200, toAccountView(account), etagOf(account));
    },
  });

  const password = defineEndpoint({
    method: 'PUT',
    path: '/v1/me/password',
    operationId: 'changeMyPassword',
    summary: 'Change my password; my other sessions end',
    tag,
    access: 'signed-in',
    request: { body: Passwords },
    responses: { 204: { description: 'It is changed' } },
    problems: [
      'wrong_password',
      'account_not_found',
      'account_banned',
      'rate_limited',
      'service_unavailable',
    ],
    handle: async (input) => {
      await changePassword(callerOf(input), input.body);
      return reply(204);
    },
  });

  return [read, update, password];
}
