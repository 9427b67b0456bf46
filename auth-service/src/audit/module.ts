import type { Module, Platform } from 'service-kit/service';
import { auditRoutes } from './audit-routes.ts';
import type { Audit } from './audit.ts';

/** The audit trail, for operators and auditors to read. */
export const createAuditReads = ({ trail }: Platform, audit: Audit): Module => ({
  endpoints: auditRoutes({ trail, audit }),
});
