import { defineEndpoint, DomainError, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import type { AccountStore } from '../accounts/account-store.ts';
import { AccountParams } from '../accounts/account-schemas.ts';
import { AccountStatus } from '../accounts/account-schemas.ts';
import { refusal } from '../http/refusal.ts';
import type { ReadRevocations } from './read-revocations.ts';
import { readRevocationCursor, writeRevocationCursor, type RevocationCursor } from './revocation-cursor.ts';
import type { RevocationRecord } from './revocation.ts';

export interface InternalRoutesDeps {
  accounts: Pick<AccountStore, 'find'>;
  readRevocations: ReadRevocations;
}

const tag = 'internal';
const RevocationView = z.object({
  accountId: z.string(),
  sessionIds: z.array(z.string()).optional(),
  minVersion: z.int().optional(),
  exceptSessionId: z.string().optional(),
  revokedAt: z.iso.datetime(),
});

const toView = ({ revokedAt, ...revocation }: RevocationRecord) => ({
  ...revocation,
  revokedAt: revokedAt.toISOString(),
});

/** What other services ask by themselves; the gateway routes none of it. */
export function internalRoutes({ accounts, readRevocations }: InternalRoutesDeps): Endpoint[] {
  const revocations = defineEndpoint({
    method: 'GET',
    path: '/internal/revocations',
    operationId: 'listRevocations',
    summary: 'Revocations of access tokens that have not expired yet',
    description:
      'Without `since` the answer has all revocations that still matter. With the cursor of an earlier answer it has the new ones, and some of the earlier ones. The answer is paged: if `hasMore` is true, call again with the cursor at once.',
    tag,
    access: 'internal',
    quiet: true,
    request: { query: z.object({ since: z.string().max(256).optional() }) },
    responses: {
      200: {
        description: 'A page of revocations, oldest first',
        body: z.object({ items: z.array(RevocationView), cursor: z.string(), hasMore: z.boolean() }),
      },
    },
    problems: ['invalid_cursor'],
    handle: async ({ query: { since } }) => {
      const cursor = since === undefined ? undefined : cursorIn(since);
      const { items, next, hasMore } = await readRevocations(cursor);
      return reply(200, { items: items.map(toView), cursor: writeRevocationCursor(next), hasMore });
    },
  });

  const status = defineEndpoint({
    method: 'GET',
    path: '/internal/accounts/{id}/status',
    operationId: 'readAccountStatus',
    summary: 'The status of an account',
    description:
      'For other services inside the network: they sign the call, and the gateway never routes it. For example, a service can check an account before a decision that must not wait for messages about accounts.',
    tag,
    access: 'internal',
    request: { params: AccountParams },
    responses: {
      200: {
        description: 'The status, and the account version with this status',
        body: z.object({ accountId: z.string(), status: AccountStatus, version: z.int() }),
      },
    },
    problems: ['account_not_found'],
    handle: async ({ params }) => {
      const account = await accounts.find(params.id);
      if (!account) throw refusal('account_not_found');
      return reply(200, { accountId: account.id, status: account.status, version: account.version });
    },
  });

  return [revocations, status];
}

function cursorIn(text: string): RevocationCursor {
  const cursor = readRevocationCursor(text);
  if (!cursor) throw new DomainError('invalid_cursor', 'The cursor must be one of an earlier answer');
  return cursor;
}
