import type { Registry } from '@prometheus-io/client';
import type { Readiness } from 'service-kit/admin';
import { createApp, DomainError, openApiDocument, type Endpoint } from 'service-kit/http';
import type { IdentityVerifier } from 'service-kit/identity';
import type { Logger } from 'service-kit/logging';
import { isStoreUnavailable, type StoredIdempotencyKeys } from 'service-kit/mongo';
import { activityRoutes } from './participation/activity/activity-routes.ts';
import { checkInRoutes } from './participation/attendance/check-in-routes.ts';
import { auditRoutes } from './reporting/history/audit-routes.ts';
import { claimAttemptRoutes } from './reporting/history/claim-attempt-routes.ts';
import { claimExportRoutes } from './reporting/history/claim-export-routes.ts';
import { claimRoutes } from './claims/claim-routes.ts';
import { eligibilityRoutes } from './reporting/eligibility/eligibility-routes.ts';
import { codeRoutes } from './catalog/coupons/code-routes.ts';
import { eventChangeRoutes } from './catalog/events/event-change-routes.ts';
import { eventRoutes } from './catalog/events/event-routes.ts';
import { inviteRoutes } from './participation/invites/invite-routes.ts';
import { problems } from './http/problems.ts';
import { myEventsRoutes } from './reporting/my-events/my-events-routes.ts';
import { progressRoutes } from './participation/progress/progress-routes.ts';
import { revokeJobRoutes } from './claims/revokes/revoke-job-routes.ts';
import { revokeRoutes } from './claims/revokes/revoke-routes.ts';
import { rewardRoutes } from './catalog/rewards/reward-routes.ts';
import { simulationRoutes } from './reporting/simulation/simulation-routes.ts';
import { statsRoutes } from './claims/stats/stats-routes.ts';

export type RoutesDeps = Parameters<typeof eventRoutes>[0] &
  Parameters<typeof eventChangeRoutes>[0] &
  Parameters<typeof rewardRoutes>[0] &
  Parameters<typeof codeRoutes>[0] &
  Parameters<typeof checkInRoutes>[0] &
  Parameters<typeof inviteRoutes>[0] &
  Parameters<typeof activityRoutes>[0] &
  Parameters<typeof progressRoutes>[0] &
  Parameters<typeof auditRoutes>[0] &
  Parameters<typeof myEventsRoutes>[0] &
  Parameters<typeof statsRoutes>[0] &
  Parameters<typeof simulationRoutes>[0] &
  Parameters<typeof claimRoutes>[0] &
  Parameters<typeof claimAttemptRoutes>[0] &
  Parameters<typeof claimExportRoutes>[0] &
  Parameters<typeof revokeRoutes>[0] &
  Parameters<typeof revokeJobRoutes>[0] &
  Parameters<typeof eligibilityRoutes>[0];

export interface AppDeps {
  routes: RoutesDeps;
  verifyIdentity: IdentityVerifier;
  readiness: Readiness;
  idempotencyKeys: StoredIdempotencyKeys;
  metrics: Registry;
  logger: Logger;
}

export function createServiceApp({ routes, ...shell }: AppDeps) {
  const endpoints: Endpoint[] = [
    ...eventRoutes(routes),
    ...eventChangeRoutes(routes),
    ...rewardRoutes(routes),
    ...codeRoutes(routes),
    ...checkInRoutes(routes),
    ...inviteRoutes(routes),
    ...activityRoutes(routes),
    ...progressRoutes(routes),
    ...auditRoutes(routes),
    ...myEventsRoutes(routes),
    ...statsRoutes(routes),
    ...simulationRoutes(routes),
    ...eligibilityRoutes(routes),
    ...claimRoutes(routes),
    ...claimAttemptRoutes(routes),
    ...claimExportRoutes(routes),
    ...revokeRoutes(routes),
    ...revokeJobRoutes(routes),
  ];
  const openApi = openApiDocument({
    title: 'game-event-service',
    version: '0.1.0',
    description:
      'In-game events, their rewards and conditions, check-ins, invites, claims and their history.',
    endpoints,
    problems,
  });
  const app = createApp({
    service: 'game-event-service',
    endpoints,
    problems,
    openApi,
    translateError,
    ...shell,
  });
  return { app, openApi };
}

function translateError(error: unknown): DomainError | undefined {
  if (!isStoreUnavailable(error)) return undefined;
  return new DomainError('service_unavailable', 'The store is away for a moment', {
    headers: { 'retry-after': '1' },
  });
}
