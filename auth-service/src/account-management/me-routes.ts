import { callerOf } from 'service-kit/audit';
import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { refusal } from '../http/refusal.ts';
import {
  AccountHeaders,
  AccountView,
  etagOf,
  ProfilePatch,
  toAccountView,
} from '../accounts/account-schemas.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { ChangePassword } from './change-password.ts';
import type { DeleteOwnAccount } from './delete-account.ts';
import { NewPassword, PresentedPassword } from '../passwords/password-policy.ts';
import type { UpdateProfile } from './update-profile.ts';

export interface MeRoutesDeps {
  accounts: Pick<AccountStore, 'find'>;
  updateProfile: UpdateProfile;
  changePassword: ChangePassword;
  deleteOwnAccount: DeleteOwnAccount;
}

const tag = 'me';
const Deletion = z.strictObject({ password: PresentedPassword.optional() }).default({});
const Passwords = z.strictObject({ currentPassword: PresentedPassword, newPassword: NewPassword });

/** An account as its owner has it. */
export function meRoutes(deps: MeRoutesDeps): Endpoint[] {
  const { accounts, updateProfile, changePassword, deleteOwnAccount } = deps;

  const read = defineEndpoint({
    method: 'GET',
    path: '/v1/me',
    operationId: 'readMe',
    summary: 'My account',
    tag,
    access: 'signed-in',
    conditional: 'read',
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
    conditional: 'change',
    request: { body: ProfilePatch },
    responses: {
      200: { description: 'The account as it is now', body: AccountView, headers: AccountHeaders },
    },
    problems: ['account_not_found', 'account_banned'],
    handle: async (input) => {
      const account = await updateProfile(callerOf(input), input.body, input.preconditions);
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
    responses: { 204: { description: 'The password was changed' } },
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

  const deletion = defineEndpoint({
    method: 'POST',
    path: '/v1/me/deletion',
    operationId: 'deleteMe',
    summary: 'Delete my account',
    description:
      'All sessions end, and logging in is no longer possible. A guest sends no password. Until the personal data is erased, staff can undo the deletion, and the username stays taken.',
    tag,
    access: 'signed-in',
    request: { body: Deletion },
    responses: { 204: { description: 'The account was deleted' } },
    problems: [
      'wrong_password',
      'account_not_found',
      'account_banned',
      'last_admin',
      'rate_limited',
      'service_unavailable',
    ],
    handle: async (input) => {
      await deleteOwnAccount(input.body.password, callerOf(input));
      return reply(204);
    },
  });

  return [read, update, password, deletion];
}
