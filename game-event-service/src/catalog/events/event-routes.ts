import { callerOf } from 'service-kit/audit';
import {
  byCreation,
  defineEndpoint,
  DomainError,
  EtagHeader,
  listQuery,
  pageReply,
  pageSchema,
  readPage,
  reply,
  type Endpoint,
} from 'service-kit/http';
import { z } from 'zod';
import { isStaff } from '../../http/is-staff.ts';
import type { Clock } from 'service-kit/service';
import type { CreateEvent } from './create-event.ts';
import {
  etagOf,
  EventId,
  eventInput,
  EventResponse,
  EventVersionResponse,
  MadeEventHeaders,
  toEventResponse,
  toEventVersionResponse,
} from './event-schema.ts';
import type { EventStore } from './event-store.ts';
import { isVisibleTo } from './event-visibility.ts';
import { EVENT_KINDS, EVENT_STATUSES, PUBLIC_STATUSES, type EventStatus } from './event.ts';

export interface EventRoutesDeps {
  createEvent: CreateEvent;
  events: Pick<EventStore, 'find' | 'list' | 'revisionsOf'>;
  clock: Clock;
}

const tag = 'events';
const operators = { roles: ['OPERATOR'] } as const;
const params = z.object({ eventId: EventId });

export function eventRoutes(deps: EventRoutesDeps): Endpoint[] {
  return [createRoute(deps), listRoute(deps), readRoute(deps), versionsRoute(deps)];
}

const createRoute = ({ createEvent, clock }: EventRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'POST',
    path: '/v1/events',
    operationId: 'createEvent',
    summary: 'Create an event, as a draft',
    tag,
    access: operators,
    idempotencyKey: 'optional',
    request: { body: eventInput(clock) },
    responses: { 201: { description: 'The draft', body: EventResponse, headers: MadeEventHeaders } },
    handle: async (input) => {
      const event = await createEvent(input.body, callerOf(input));
      return reply(201, toEventResponse(event), { location: `/v1/events/${event.id}`, etag: etagOf(event) });
    },
  });

const listRoute = ({ events }: EventRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'GET',
    path: '/v1/events',
    operationId: 'listEvents',
    summary: 'List events, newest first',
    description: 'Accounts without a staff role see active and ended events only.',
    tag,
    access: 'signed-in',
    request: {
      query: z.object({
        ...listQuery,
        status: z.enum(EVENT_STATUSES).optional(),
        kind: z.enum(EVENT_KINDS).optional(),
      }),
    },
    responses: { 200: { description: 'A page of events', body: pageSchema(EventResponse) } },
    problems: ['invalid_cursor'],
    handle: async ({ query, identity, request }) => {
      const { status, kind } = query;
      const visible: readonly EventStatus[] = isStaff(identity) ? EVENT_STATUSES : PUBLIC_STATUSES;
      const statuses = visible.filter((each) => status === undefined || each === status);
      const filters = { statuses, kind };
      const { items, nextCursor } = await readPage(query, {
        ...byCreation,
        filters,
        read: (after, limit) => events.list({ ...filters, after, limit }),
      });
      return pageReply(request.originalUrl, { items: items.map(toEventResponse), nextCursor });
    },
  });

const readRoute = ({ events, clock }: EventRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'GET',
    path: '/v1/events/{eventId}',
    operationId: 'readEvent',
    summary: 'Read an event',
    tag,
    access: 'signed-in',
    conditional: 'read',
    request: { params },
    responses: { 200: { description: 'The event', body: EventResponse, headers: EtagHeader } },
    problems: ['not_found'],
    handle: async ({ params: { eventId }, identity }) => {
      const event = await events.find(eventId);
      if (!event || !isVisibleTo(identity, event, clock()))
        throw new DomainError('not_found', 'There is no such event');
      return reply(200, toEventResponse(event), { etag: etagOf(event) });
    },
  });

const versionsRoute = ({ events }: EventRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'GET',
    path: '/v1/events/{eventId}/versions',
    operationId: 'listEventVersions',
    summary: 'All versions of an event, newest first, with actor and time',
    tag,
    access: { roles: ['OPERATOR', 'AUDITOR'] },
    request: { params, query: z.object(listQuery) },
    responses: { 200: { description: 'A page of versions', body: pageSchema(EventVersionResponse) } },
    problems: ['not_found', 'invalid_cursor'],
    handle: async ({ params: { eventId }, query, request }) => {
      const page = await readPage(query, {
        filters: { eventId },
        position: z.int().min(1),
        read: (before, limit) => events.revisionsOf(eventId, before, limit),
        positionOf: ({ event }) => event.version,
      });
      if (page.items.length === 0 && !(await events.find(eventId)))
        throw new DomainError('not_found', 'There is no such event');
      return pageReply(request.originalUrl, { ...page, items: page.items.map(toEventVersionResponse) });
    },
  });
