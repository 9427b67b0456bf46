import type { AuditPosition, AuditTrail, RecordedEntry } from 'service-kit/audit';
import {
  decodeCursor,
  defineEndpoint,
  listQuery,
  pageOf,
  pageReply,
  pageSchema,
  type Endpoint,
} from 'service-kit/http';
import { z } from 'zod';
import { EventId } from '../events/event-schema.ts';
import { Time } from '../time.ts';
import { auditActions } from './actions.ts';
import type { Audit } from './audit.ts';
import { callerOf } from './caller.ts';

export interface AuditRoutesDeps {
  trail: Pick<AuditTrail, 'list'>;
  audit: Pick<Audit, 'seen'>;
}

const Id = z.string().min(1).max(128).optional();
const AuditQuery = z
  .object({
    ...listQuery,
    eventId: EventId.optional().meta({ description: 'The event that it was about, rewards included' }),
    accountId: Id.meta({ description: 'Whose claims it was about; not together with eventId' }),
    actorId: Id.meta({ description: 'Who did it' }),
    action: z.enum(auditActions).optional(),
    from: Time.optional().meta({ description: 'From this time on' }),
    to: Time.optional().meta({ description: 'Before this time' }),
  })
  .refine(({ eventId, accountId }) => eventId === undefined || accountId === undefined, {
    path: ['accountId'],
    message: 'cannot be given together with eventId',
  });

const AuditEntryView = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    action: z.string(),
    actor: z.object({
      kind: z.enum(['account', 'client', 'system', 'anonymous']),
      id: z.string().optional(),
      roles: z.array(z.string()).optional(),
    }),
    subject: z.object({ kind: z.string(), id: z.string().optional() }),
    result: z.enum(['done', 'refused']),
    reason: z.string().optional().meta({ description: 'What staff gave; of a refusal its code' }),
    details: z.record(z.string(), z.unknown()).optional(),
    origin: z
      .object({
        address: z.string().nullable(),
        device: z.string().nullable(),
        requestId: z.string().optional(),
        traceparent: z.string().optional(),
      })
      .optional(),
    seal: z
      .int()
      .nullable()
      .meta({ description: 'Number of the seal that covers it; null in its first second' }),
  })
  .meta({ id: 'AuditEntry' });

const Position = z
  .tuple([z.iso.datetime(), z.string()])
  .transform(([at, id]): AuditPosition => ({ at: new Date(at), id }));
const positionOf = ({ at, id }: RecordedEntry): z.input<typeof Position> => [at.toISOString(), id];

/** Who did what. */
export function auditRoutes({ trail, audit }: AuditRoutesDeps): Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/v1/events/audit',
      operationId: 'listAudit',
      summary: 'Who did what to which event, the newest first',
      tag: 'audit',
      access: { roles: ['AUDITOR'] },
      request: { query: AuditQuery },
      responses: { 200: { description: 'A page of entries', body: pageSchema(AuditEntryView) } },
      problems: ['invalid_cursor'],
      handle: async (input) => {
        const { limit, cursor, ...filters } = input.query;
        const { eventId, accountId, ...rest } = filters;
        const after = cursor === undefined ? undefined : decodeCursor(cursor, filters, Position);
        const found = await trail.list({ ...rest, subjectId: eventId ?? accountId }, after, limit + 1);
        await audit.seen({ action: 'search-audit', by: callerOf(input), details: filters });
        const page = pageOf(found, { limit, filters, position: positionOf });
        return pageReply(input.request.originalUrl, { ...page, items: page.items.map(toView) });
      },
    }),
  ];
}

function toView({ at, actor, ...entry }: RecordedEntry): z.input<typeof AuditEntryView> {
  const { roles, ...who } = actor;
  return { ...entry, actor: { ...who, ...(roles && { roles: [...roles] }) }, at: at.toISOString() };
}
