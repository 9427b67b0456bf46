import type { Module, Platform } from 'service-kit/service';
import type { Audit } from '../audit/audit.ts';
import type { Catalog } from '../catalog/module.ts';
import type { ClaimsModule } from '../claims/module.ts';
import type { Participation } from '../participation/module.ts';
import { eligibilityRoutes } from './eligibility/eligibility-routes.ts';
import { readEligibility } from './eligibility/read-eligibility.ts';
import { auditRoutes } from './history/audit-routes.ts';
import { claimAttemptRoutes } from './history/claim-attempt-routes.ts';
import { claimExportRoutes } from './history/claim-export-routes.ts';
import { listAttempts } from './history/list-attempts.ts';
import { myEventsRoutes } from './my-events/my-events-routes.ts';
import { readMyEvents } from './my-events/read-my-events.ts';
import { simulateEvent } from './simulation/simulate-event.ts';
import { simulationRoutes } from './simulation/simulation-routes.ts';

export interface ReportingNeeds {
  audit: Audit;
  catalog: Catalog;
  participation: Participation;
  claims: ClaimsModule;
}

/** Reads that change nothing: for players what they may claim, for staff what happened and what would happen. */
export function createReporting({ clock, trail }: Platform, needs: ReportingNeeds): Module[] {
  const { audit, catalog, participation } = needs;
  const { events, stock, ruleReader } = catalog;
  const { accounts, activity, progress } = participation;
  const { claims, attempts, snapshots } = needs.claims;
  return [
    {
      endpoints: eligibilityRoutes({ readEligibility: readEligibility({ snapshots, clock }), clock }),
    },
    {
      endpoints: myEventsRoutes({ events, readMyEvents: readMyEvents({ snapshots, clock }) }),
    },
    {
      endpoints: simulationRoutes({
        simulateEvent: simulateEvent({ ruleReader, events, activity, progress, accounts, stock }),
      }),
    },
    {
      endpoints: [
        ...auditRoutes({ trail, audit }),
        ...claimAttemptRoutes({ listAttempts: listAttempts({ claims, attempts }), audit }),
        ...claimExportRoutes({ claims, audit, clock }),
      ],
    },
  ];
}
