import { callerOf } from 'service-kit/audit';
import {
  byCreation,
  defineEndpoint,
  listQuery,
  pageReply,
  pageSchema,
  readPage,
  reply,
  type Endpoint,
} from 'service-kit/http';
import { z } from 'zod';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Clock } from 'service-kit/service';
import type { EndSession } from './log-out.ts';
import { SessionView, toSessionView } from './session-schemas.ts';
import type { SessionStore } from './session-store.ts';

export interface SessionRoutesDeps {
  accounts: Pick<AccountStore, 'find'>;
  sessions: Pick<SessionStore, 'listLive'>;
  endSession: EndSession;
  clock: Clock;
}

const tag = 'me';

/** Where an account is logged in. */
export function sessionRoutes(deps: SessionRoutesDeps): Endpoint[] {
  const { accounts, sessions, endSession, clock } = deps;

  const list = defineEndpoint({
    method: 'GET',
    path: '/v1/me/sessions',
    operationId: 'listMySessions',
    summary: 'My live sessions, newest first',
    tag,
    access: 'signed-in',
    request: { query: z.object(listQuery) },
    responses: { 200: { description: 'A page of sessions', body: pageSchema(SessionView) } },
    problems: ['invalid_cursor'],
    handle: async ({ query, identity, request }) => {
      const accountId = identity.userId;
      const account = await accounts.find(accountId);
      const page = await readPage(query, {
        filters: { accountId },
        ...byCreation,
        read: async (after, limit) =>
          account ? await sessions.listLive(account, clock(), after, limit) : [],
      });
      const items = page.items.map((session) => toSessionView(session, identity.sessionId));
      return pageReply(request.originalUrl, { ...page, items });
    },
  });

  const end = defineEndpoint({
    method: 'DELETE',
    path: '/v1/me/sessions/{id}',
    operationId: 'endMySession',
    summary: 'End one session',
    tag,
    access: 'signed-in',
    request: { params: z.object({ id: z.string().max(128) }) },
    responses: { 204: { description: 'The session has ended' } },
    problems: ['session_not_found'],
    handle: async (input) => {
      await endSession(input.params.id, callerOf(input));
      return reply(204);
    },
  });

  return [list, end];
}
