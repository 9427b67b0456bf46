import { callerOf } from 'service-kit/audit';
import { defineEndpoint, EtagHeader, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import type { ChangeEventStatus } from './change-event-status.ts';
import type { CloneEvent } from './clone-event.ts';
import type { DeleteEvent } from './delete-event.ts';
import {
  etagOf,
  EventId,
  EventPatch,
  EventResponse,
  MadeEventHeaders,
  StatusInput,
  toEventResponse,
} from './event-schema.ts';
import type { UpdateEvent } from './update-event.ts';

export interface EventChangeRoutesDeps {
  updateEvent: UpdateEvent;
  deleteEvent: DeleteEvent;
  cloneEvent: CloneEvent;
  changeEventStatus: ChangeEventStatus;
}

const tag = 'events';
const operators = { roles: ['OPERATOR'] } as const;
const params = z.object({ eventId: EventId });

/** Changes of existing events by operators. */
export function eventChangeRoutes(deps: EventChangeRoutesDeps): Endpoint[] {
  return [updateRoute(deps), deleteRoute(deps), cloneRoute(deps), statusRoute(deps)];
}

const updateRoute = ({ updateEvent }: EventChangeRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'PATCH',
    path: '/v1/events/{eventId}',
    operationId: 'updateEvent',
    summary: 'Change an event, if its version is still the one in `If-Match`',
    description:
      'Of a draft all fields may change. Of a scheduled event all except kind, timeZone, repeat and startsAt may change. Of a running event only name, description and attributes may change, and endsAt to a later time. An event that is over cannot change.',
    tag,
    access: operators,
    conditional: 'change-required',
    request: { params, body: EventPatch },
    responses: { 200: { description: 'The event as it is now', body: EventResponse, headers: EtagHeader } },
    problems: ['not_found', 'event_in_use', 'event_active'],
    handle: async (input) => {
      const {
        params: { eventId },
        body,
        preconditions,
      } = input;
      const event = await updateEvent({ eventId, preconditions, patch: body, by: callerOf(input) });
      return reply(200, toEventResponse(event), { etag: etagOf(event) });
    },
  });

const deleteRoute = ({ deleteEvent }: EventChangeRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'DELETE',
    path: '/v1/events/{eventId}',
    operationId: 'deleteEvent',
    summary: 'Delete a draft with its rewards',
    tag,
    access: operators,
    conditional: 'change',
    request: { params },
    responses: { 204: { description: 'It was deleted' } },
    problems: ['not_found', 'event_in_use'],
    handle: async (input) => {
      await deleteEvent(input.params.eventId, callerOf(input), input.preconditions);
      return reply(204);
    },
  });

const cloneRoute = ({ cloneEvent }: EventChangeRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'POST',
    path: '/v1/events/{eventId}/clone',
    operationId: 'cloneEvent',
    summary: 'Clone an event as a draft, with the same rewards at full stock',
    tag,
    access: operators,
    idempotencyKey: 'optional',
    request: { params },
    responses: { 201: { description: 'The draft', body: EventResponse, headers: MadeEventHeaders } },
    problems: ['not_found'],
    handle: async (input) => {
      const event = await cloneEvent(input.params.eventId, callerOf(input));
      return reply(201, toEventResponse(event), { location: `/v1/events/${event.id}`, etag: etagOf(event) });
    },
  });

const statusRoute = ({ changeEventStatus }: EventChangeRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'POST',
    path: '/v1/events/{eventId}/status',
    operationId: 'changeEventStatus',
    summary: 'Change the status of an event',
    description:
      'draft ⇄ scheduled → active ⇄ inactive, active or inactive → ended → archived. Scheduling an event whose start has passed makes it active at once.',
    tag,
    access: operators,
    conditional: 'change',
    request: { params, body: StatusInput },
    responses: { 200: { description: 'The event as it is now', body: EventResponse, headers: EtagHeader } },
    problems: ['not_found', 'invalid_transition'],
    handle: async (input) => {
      const {
        params: { eventId },
        body: { status, reason },
        preconditions,
      } = input;
      const by = callerOf(input);
      const event = await changeEventStatus({ eventId, status, reason, by, preconditions });
      return reply(200, toEventResponse(event), { etag: etagOf(event) });
    },
  });
