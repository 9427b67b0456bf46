import { auditFilters, defineAuditList, type AuditTrail } from 'service-kit/audit';
import { listQuery, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { auditActions } from './actions.ts';
import type { Audit } from './audit.ts';

export interface AuditRoutesDeps {
  trail: Pick<AuditTrail, 'list'>;
  audit: Pick<Audit, 'seen'>;
}

const Id = z.string().min(1).max(128).optional();
const AuditQuery = z.object({
  ...listQuery,
  accountId: Id.meta({ description: 'The account that it was done to' }),
  actorId: Id.meta({ description: 'The actor: an account or a service client' }),
  ...auditFilters(auditActions),
});

/** Who did what. */
export function auditRoutes({ trail, audit }: AuditRoutesDeps): Endpoint[] {
  const list = defineAuditList({
    path: '/v1/auth/audit',
    summary: 'Who did what to whom, newest first',
    access: { roles: ['AUDITOR'] },
    query: AuditQuery,
    subjectOf: ({ accountId }) => accountId,
    trail,
    seen: (by, details) => audit.seen({ action: 'search-audit', by, details }),
  });

  return [list];
}
