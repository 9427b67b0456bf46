import { callerOf } from 'service-kit/audit';
import {
  byCreation,
  defineEndpoint,
  listQuery,
  pageReply,
  pageSchema,
  readPage,
  reply,
  Time,
  type Endpoint,
} from 'service-kit/http';
import { z } from 'zod';
import { invalidInput, refusal } from '../http/refusal.ts';
import {
  AccountHeaders,
  AccountStatus,
  AccountView,
  etagOf,
  Role,
  Roles,
  toAccountView,
  AccountParams,
  READERS,
} from '../accounts/account-schemas.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { Reason } from '../accounts/profile.ts';
import type { ReplaceRoles } from './replace-roles.ts';
import type { LookUpAccounts, SearchAccounts } from './search-accounts.ts';
import type { SetStatus } from './set-status.ts';

export interface AccountRoutesDeps {
  accounts: Pick<AccountStore, 'find'>;
  searchAccounts: SearchAccounts;
  lookUpAccounts: LookUpAccounts;
  replaceRoles: ReplaceRoles;
  setStatus: SetStatus;
}

const tag = 'accounts';

const CONTROLS = /\p{Cc}/u;
const MOST_IDS = 100;
const Ids = z
  .string()
  .max(MOST_IDS * 129)
  .transform((text) => [...new Set(text.split(','))])
  .refine((ids) => ids.length <= MOST_IDS, `must be at most ${MOST_IDS}`)
  .refine((ids) => ids.every((id) => id !== '' && !CONTROLS.test(id)), 'must be ids, separated by commas')
  .meta({
    type: 'string',
    description:
      'Up to 100 ids, separated by commas, instead of any filter. The answer has these accounts in this order, without unknown ones',
    example: 'acc_Qm3v0d8YhT5sLx2RkN7wUg,acc_b8Vn4KtG1zYp6QxJ0hRsCw',
  });

const ListQuery = z.object({
  ...listQuery,
  ids: Ids.optional(),
  query: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .refine((text) => !CONTROLS.test(text), 'must not have control characters')
    .optional()
    .meta({ description: 'Beginning of a username or display name' }),
  role: Role.optional(),
  status: AccountStatus.optional(),
});
const NewStatus = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('active'), reason: Reason }),
  z.strictObject({
    status: z.literal('banned'),
    reason: Reason,
    until: Time.meta({ example: '2026-12-08T00:00:00Z' })
      .optional()
      .meta({ description: 'When the ban ends automatically; without it the ban has no end' }),
  }),
]);

/** Accounts as staff and other services see them. */
export function accountRoutes(deps: AccountRoutesDeps): Endpoint[] {
  const { accounts, searchAccounts, lookUpAccounts, replaceRoles, setStatus } = deps;

  const list = defineEndpoint({
    method: 'GET',
    path: '/v1/accounts',
    operationId: 'listAccounts',
    summary: 'Find accounts, newest first',
    tag,
    access: READERS,
    request: { query: ListQuery },
    responses: { 200: { description: 'A page of accounts', body: pageSchema(AccountView) } },
    problems: ['invalid_cursor'],
    handle: async (input) => {
      const { cursor, ids, query, role, status } = input.query;
      if (ids) {
        if (cursor ?? query ?? role ?? status) throw invalidInput('query.ids', 'goes with no other filter');
        const found = await lookUpAccounts(ids, callerOf(input));
        return reply(200, { items: found.map(toAccountView), nextCursor: null });
      }
      const filters = { query, role, status };
      const filter = { namePrefix: query, role, status };
      const page = await readPage(input.query, {
        filters,
        ...byCreation,
        read: (after, limit) => searchAccounts(filter, { after, limit }, callerOf(input)),
      });
      return pageReply(input.request.originalUrl, { ...page, items: page.items.map(toAccountView) });
    },
  });

  const read = defineEndpoint({
    method: 'GET',
    path: '/v1/accounts/{id}',
    operationId: 'readAccount',
    summary: 'One account',
    tag,
    access: READERS,
    conditional: 'read',
    request: { params: AccountParams },
    responses: { 200: { description: 'The account', body: AccountView, headers: AccountHeaders } },
    problems: ['account_not_found'],
    handle: async ({ params }) => {
      const account = await accounts.find(params.id);
      if (!account) throw refusal('account_not_found');
      return reply(200, toAccountView(account), etagOf(account));
    },
  });

  const roles = defineEndpoint({
    method: 'PUT',
    path: '/v1/accounts/{id}/roles',
    operationId: 'replaceRoles',
    summary: 'Replace all roles of an account; its access tokens end',
    tag,
    access: { roles: ['ADMIN'] },
    conditional: 'change',
    request: { params: AccountParams, body: z.strictObject({ roles: Roles }) },
    responses: {
      200: { description: 'The account as it is now', body: AccountView, headers: AccountHeaders },
    },
    problems: ['account_not_found', 'self_role_change', 'last_admin', 'account_deleted'],
    handle: async (input) => {
      const account = await replaceRoles(
        input.params.id,
        input.body.roles,
        callerOf(input),
        input.preconditions,
      );
      return reply(200, toAccountView(account), etagOf(account));
    },
  });

  const status = defineEndpoint({
    method: 'PUT',
    path: '/v1/accounts/{id}/status',
    operationId: 'setStatus',
    summary: 'Ban an account and end its sessions, or lift the ban',
    tag,
    access: { roles: ['OPERATOR'] },
    conditional: 'change',
    request: { params: AccountParams, body: NewStatus },
    responses: {
      200: { description: 'The account as it is now', body: AccountView, headers: AccountHeaders },
    },
    problems: ['account_not_found', 'self_status_change', 'staff_account', 'last_admin', 'account_deleted'],
    handle: async (input) => {
      const account = await setStatus(input.params.id, input.body, callerOf(input), input.preconditions);
      return reply(200, toAccountView(account), etagOf(account));
    },
  });

  return [list, read, roles, status];
}
