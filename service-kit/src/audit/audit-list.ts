import { z } from 'zod';
import { defineEndpoint, pageReply, pageSchema, readPage, Time, type Endpoint } from '../http/index.ts';
import type { Access } from '../identity/index.ts';
import type { AuditDetails, RecordedEntry } from './audit-entry.ts';
import type { AuditPosition, AuditTrail } from './audit-trail.ts';
import { callerOf, type Caller } from './caller.ts';

/** The query of a list of entries, without the subject. */
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
  /** @returns the id of the subject; undefined for all subjects */
  subjectOf: (filters: Omit<Query, 'limit' | 'cursor'>) => string | undefined;
  trail: Pick<AuditTrail, 'list'>;
  /** Records who has read the list, and with which filters. */
  seen: (by: Caller, filters: AuditDetails) => Promise<void>;
}

/**
 * The filters by action and time, to spread into a query schema.
 *
 * @param actions the actions that the service records
 */
export function auditFilters<const Actions extends readonly [string, ...string[]]>(actions: Actions) {
  return {
    action: z.enum(actions).optional(),
    from: Time.optional().meta({ description: 'Entries from this time on' }),
    to: Time.optional().meta({ description: 'Entries before this time' }),
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
    reason: z
      .string()
      .optional()
      .meta({ description: 'The reason that staff gave, or the code of a refusal' }),
    details: z.record(z.string(), z.unknown()).optional(),
    origin: z
      .object({
        address: z.string().nullable(),
        device: z.string().nullable(),
        requestId: z.string().optional(),
        traceparent: z.string().optional(),
      })
      .optional(),
    seal: z.int().nullable().meta({ description: 'Number of its seal; null in its first second' }),
  })
  .meta({ id: 'AuditEntry' });

const Position = z
  .tuple([z.iso.datetime(), z.string()])
  .transform(([at, id]): AuditPosition => ({ at: new Date(at), id }));
const positionOf = ({ at, id }: RecordedEntry): z.input<typeof Position> => [at.toISOString(), id];

/** Defines the endpoint that lists audit entries, newest first. */
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
