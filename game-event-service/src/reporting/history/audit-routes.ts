import { auditFilters, defineAuditList, type AuditTrail } from 'service-kit/audit';
import { listQuery, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { EventId } from '../../catalog/events/event-schema.ts';
import { auditActions } from '../../audit/actions.ts';
import type { Audit } from '../../audit/audit.ts';

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
    ...auditFilters(auditActions),
  })
  .refine(({ eventId, accountId }) => eventId === undefined || accountId === undefined, {
    path: ['accountId'],
    message: 'cannot be given together with eventId',
  });

/** Who did what. */
export function auditRoutes({ trail, audit }: AuditRoutesDeps): Endpoint[] {
  return [
    defineAuditList({
      path: '/v1/events/audit',
      summary: 'Who did what to which event, the newest first',
      access: { roles: ['AUDITOR'] },
      query: AuditQuery,
      subjectOf: ({ eventId, accountId }) => eventId ?? accountId,
      trail,
      seen: (by, details) => audit.seen({ action: 'search-audit', by, details }),
    }),
  ];
}
