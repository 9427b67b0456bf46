import { callerOf } from 'service-kit/audit';
import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import type { Access } from 'service-kit/identity';
import { z } from 'zod';
import type { EndAllSessions } from '../sessions/log-out.ts';
import { AccountParams } from '../accounts/account-schemas.ts';
import {
  AccountHeaders,
  AccountView,
  etagOf,
  ProfilePatch,
  Roles,
  toAccountView,
} from '../accounts/account-schemas.ts';
import type { CreateAccount } from './create-account.ts';
import type { DeleteAccount } from './delete-account.ts';
import { NewPassword } from '../passwords/password-policy.ts';
import { DisplayName, Email } from '../accounts/profile.ts';
import type { RestoreAccount } from './restore-account.ts';
import type { UpdateAccount } from './update-profile.ts';
import { Username } from '../accounts/username.ts';

export interface AdministrationRoutesDeps {
  createAccount: CreateAccount;
  updateAccount: UpdateAccount;
  deleteAccount: DeleteAccount;
  restoreAccount: RestoreAccount;
  endAllSessions: EndAllSessions;
}

const tag = 'accounts';
const access: Access = { roles: ['ADMIN'] };
const asItIsNow = { description: 'The account as it is now', body: AccountView, headers: AccountHeaders };
const AccountToCreate = z.strictObject({
  username: Username,
  password: NewPassword,
  email: Email.optional(),
  displayName: DisplayName.optional(),
  roles: Roles.optional(),
});

/** What an ADMIN does to accounts besides their roles and status. */
export function administrationRoutes(deps: AdministrationRoutesDeps): Endpoint[] {
  const { createAccount, updateAccount, deleteAccount, restoreAccount, endAllSessions } = deps;

  const create = defineEndpoint({
    method: 'POST',
    path: '/v1/accounts',
    operationId: 'createAccount',
    summary: 'Create an account with roles for another person',
    tag,
    access,
    idempotencyKey: 'optional',
    request: { body: AccountToCreate },
    responses: {
      201: {
        description: 'The account',
        body: AccountView,
        headers: AccountHeaders.extend({ location: z.string() }),
      },
    },
    problems: ['username_taken', 'service_unavailable'],
    handle: async (input) => {
      const account = await createAccount(input.body, callerOf(input));
      return reply(201, toAccountView(account), {
        ...etagOf(account),
        location: `/v1/accounts/${account.id}`,
      });
    },
  });

  const update = defineEndpoint({
    method: 'PATCH',
    path: '/v1/accounts/{id}',
    operationId: 'updateAccount',
    summary: 'Change the profile of an account',
    tag,
    access,
    conditional: 'change',
    request: { params: AccountParams, body: ProfilePatch },
    responses: { 200: asItIsNow },
    problems: ['account_not_found', 'account_deleted'],
    handle: async (input) => {
      const account = await updateAccount(input.params.id, input.body, callerOf(input), input.preconditions);
      return reply(200, toAccountView(account), etagOf(account));
    },
  });

  const remove = defineEndpoint({
    method: 'DELETE',
    path: '/v1/accounts/{id}',
    operationId: 'deleteAccount',
    summary: 'Delete an account; its sessions end',
    description: 'The account can be restored until it is erased. Repeating the call changes nothing.',
    tag,
    access,
    conditional: 'change',
    request: { params: AccountParams },
    responses: { 204: { description: 'The account was deleted' } },
    problems: ['account_not_found', 'self_status_change', 'last_admin'],
    handle: async (input) => {
      await deleteAccount(input.params.id, callerOf(input), input.preconditions);
      return reply(204);
    },
  });

  const restore = defineEndpoint({
    method: 'POST',
    path: '/v1/accounts/{id}/restore',
    operationId: 'restoreAccount',
    summary: 'Undo a deletion',
    description: 'A ban that was in force is in force again. If the account is not deleted, nothing changes.',
    tag,
    access,
    conditional: 'change',
    request: { params: AccountParams },
    responses: { 200: asItIsNow },
    problems: ['account_not_found', 'account_erased', 'device_taken'],
    handle: async (input) => {
      const account = await restoreAccount(input.params.id, callerOf(input), input.preconditions);
      return reply(200, toAccountView(account), etagOf(account));
    },
  });

  const endSessions = defineEndpoint({
    method: 'DELETE',
    path: '/v1/accounts/{id}/sessions',
    operationId: 'endSessions',
    summary: 'End all sessions of an account and all its access tokens',
    tag,
    access,
    request: { params: AccountParams },
    responses: { 204: { description: 'The sessions have ended' } },
    problems: ['account_not_found'],
    handle: async (input) => {
      await endAllSessions(input.params.id, callerOf(input));
      return reply(204);
    },
  });

  return [create, update, remove, restore, endSessions];
}
