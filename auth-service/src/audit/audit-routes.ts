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
import { auditActions } from './actions.ts';
import type { Audit } from './audit.ts';
import { callerOf } from './caller.ts';

export interface AuditRoutesDependencies {
  trail: Pick<AuditTrail, 'list'>;
  audit: Pick<Audit, 'seen'>;
}

const Id = z.string().min(1).max(128).optional();
const Time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const AuditQuery = z.object({
  ...listQuery,
  accountId: Id.meta({ description: 'Whom it was about' }),
  actorId: Id.meta({ description: 'Who did it: an account or a service client' }),
  action: z.enum(auditActions).optional(),
  from: Time.optional().meta({ type: 'string', format: 'date-time', description: 'From this time on' }),
  to: Time.optional().meta({ type: 'string', format: 'date-time', description: 'Before this time' }),
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
export function auditRoutes({ trail, audit }: AuditRoutesDependencies): Endpoint[] {
  const list = defineEndpoint({
    method: 'GET',
    path: '/v1/auth/audit',
    operationId: 'listAudit',
    summary: 'Who did what to whom, newest first',
    tag: 'audit',
    access: { roles: ['AUDITOR'] },
    request: { query: AuditQuery },
    responses: { 200: { description: 'A page of entries', body: pageSchema(AuditEntryView) } },
    problems: ['invalid_cursor'],
    handle: async (input) => {
      const { limit, cursor, accountId, actorId, action, from, to } = input.query;
      const filters = { accountId, actorId, action, from, to };
      const after = cursor === undefined ? undefined : decodeCursor(cursor, filters, Position);
      const found = await trail.list({ subjectId: accountId, actorId, action, from, to }, after, limit + 1);
      await audit.seen({ action: 'search-audit', by: callerOf(input), details: filters });
      const page = pageOf(found, { limit, filters, position: positionOf });
      return pageReply(input.request.originalUrl, { ...page, items: page.items.map(toView) });
    },
  });

  return [list];
}

function toView({ at, actor, ...entry }: RecordedEntry): z.input<typeof AuditEntryView> {
  const { roles, ...who } = actor;
  return { ...entry, actor: { ...who, ...(roles && { roles: [...roles] }) }, at: at.toISOString() };
}
