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
    eventId: EventId.optional().meta({ description: 'The changed event; includes changes of its rewards' }),
    accountId: Id.meta({ description: 'The account whose claims were read; not together with eventId' }),
    actorId: Id.meta({ description: 'The actor' }),
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
      summary: 'The audit trail of events, newest first: who did what to which event',
      access: { roles: ['AUDITOR'] },
      query: AuditQuery,
      subjectOf: ({ eventId, accountId }) => eventId ?? accountId,
      trail,
      seen: (by, details) => audit.seen({ action: 'search-audit', by, details }),
    }),
  ];
}
