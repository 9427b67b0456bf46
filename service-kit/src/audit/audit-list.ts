import { z } from 'zod';
import { defineEndpoint, pageReply, pageSchema, readPage, Time, type Endpoint } from '../http/index.ts';
import type { Access } from '../identity/index.ts';
import type { AuditDetails, RecordedEntry } from './audit-entry.ts';
import type { AuditPosition, AuditTrail } from './audit-trail.ts';
import { callerOf, type Caller } from './caller.ts';

/** What a list of entries is asked for, besides whom or what they are about. */
export interface AuditQuery {
  limit: number;
  cursor?: string | undefined;
  actorId?: string | undefined;
  action?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

export interface AuditListOptions<Query extends AuditQuery> {
  /** For example `/v1/auth/audit`. */
  path: string;
  summary: string;
  access: Access;
  query: z.ZodType<Query>;
  /** @returns the id of whom or what the entries are to be about; undefined for all of them */
  subjectOf: (filters: Omit<Query, 'limit' | 'cursor'>) => string | undefined;
  trail: Pick<AuditTrail, 'list'>;
  /** Records that somebody has looked, and for what. */
  seen: (by: Caller, filters: AuditDetails) => Promise<void>;
}

/**
 * The filters by action and time, to be spread into a query schema.
 *
 * @param actions that the service records
 */
export function auditFilters<const Actions extends readonly [string, ...string[]]>(actions: Actions) {
  return {
    action: z.enum(actions).optional(),
    from: Time.optional().meta({ description: 'From this time on' }),
    to: Time.optional().meta({ description: 'Before this time' }),
  };
}

const EntryView = z
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

/** Describes the endpoint that lists who did what, the newest first. */
export function defineAuditList<Query extends AuditQuery>(options: AuditListOptions<Query>): Endpoint {
  const { path, summary, access, query, subjectOf, trail, seen } = options;
  return defineEndpoint({
    method: 'GET',
    path,
    operationId: 'listAudit',
    summary,
    tag: 'audit',
    access,
    request: { query },
    responses: { 200: { description: 'A page of entries', body: pageSchema(EntryView) } },
    problems: ['invalid_cursor'],
    handle: async (input) => {
      const { limit: _limit, cursor: _cursor, ...filters } = input.query;
      const { actorId, action, from, to } = input.query;
      const subjectId = subjectOf(filters);
      const page = await readPage(input.query, {
        filters,
        position: Position,
        positionOf,
        read: (after, limit) => trail.list({ subjectId, actorId, action, from, to }, after, limit),
      });
      await seen(callerOf(input), filters);
      return pageReply(input.request.originalUrl, { ...page, items: page.items.map(viewOf) });
    },
  });
}

function viewOf({ at, actor, ...entry }: RecordedEntry): z.input<typeof EntryView> {
  const { roles, ...who } = actor;
  return { ...entry, actor: { ...who, ...(roles && { roles: [...roles] }) }, at: at.toISOString() };
}
