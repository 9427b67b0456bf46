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
import {
  AcceptanceResponse,
  InviteResponse,
  NoFields,
  toAcceptanceResponse,
  toInviteResponse,
  TypedCode,
} from './invite-schema.ts';
import type { InviteStore } from './invite-store.ts';
import type { MakeInvite } from './make-invite.ts';
import type { SubmitAcceptance } from './submit-acceptance.ts';

export interface InviteRoutesDeps {
  makeInvite: MakeInvite;
  submitAcceptance: SubmitAcceptance;
  invites: Pick<InviteStore, 'list'>;
}

const tag = 'invites';
const players = { roles: ['USER'] } as const;

export function inviteRoutes(deps: InviteRoutesDeps): Endpoint[] {
  return [makeRoute(deps), acceptRoute(deps), listRoute(deps)];
}

const makeRoute = ({ makeInvite }: InviteRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'POST',
    path: '/v1/invites',
    operationId: 'makeInvite',
    summary: 'Create an invite',
    description:
      'Any number of new players may accept it. An account may create a limited number per day (UTC).',
    tag,
    access: players,
    idempotencyKey: 'optional',
    request: { body: NoFields },
    responses: { 201: { description: 'The invite', body: InviteResponse } },
    problems: ['account_banned', 'guest_account', 'invite_limit_reached', 'service_unavailable'],
    handle: async ({ identity }) => reply(201, toInviteResponse(await makeInvite(identity.userId))),
  });

const acceptRoute = ({ submitAcceptance }: InviteRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'POST',
    path: '/v1/invites/{code}/accept',
    operationId: 'acceptInvite',
    summary: 'Accept an invite',
    description:
      'An account accepts one invite in its life, while it is new, and before it has invited others. Repeating the call returns the same acceptance.',
    tag,
    access: players,
    request: { params: z.object({ code: TypedCode }), body: NoFields },
    responses: { 200: { description: 'The invite is accepted', body: AcceptanceResponse } },
    problems: [
      'not_found',
      'account_banned',
      'own_invite',
      'invite_already_accepted',
      'account_not_known_yet',
      'guest_account',
      'account_too_old',
      'invite_ring',
      'invite_not_valid',
      'service_unavailable',
    ],
    handle: async ({ params: { code }, identity, context }) =>
      reply(200, toAcceptanceResponse(await submitAcceptance(code, identity.userId, context.signal))),
  });

const listRoute = ({ invites }: InviteRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'GET',
    path: '/v1/me/invites',
    operationId: 'listMyInvites',
    summary: 'List my invites, newest first, with the accounts that accepted them',
    tag,
    access: players,
    request: { query: z.object(listQuery) },
    responses: { 200: { description: 'A page of invites', body: pageSchema(InviteResponse) } },
    problems: ['invalid_cursor'],
    handle: async ({ query, identity, request }) => {
      const filters = { inviterId: identity.userId };
      const { items, nextCursor } = await readPage(query, {
        filters,
        position: byCreation.position,
        read: (after, limit) => invites.list({ ...filters, after, limit }),
        positionOf: ({ createdAt, code: id }) => byCreation.positionOf({ createdAt, id }),
      });
      return pageReply(request.originalUrl, { items: items.map(toInviteResponse), nextCursor });
    },
  });
