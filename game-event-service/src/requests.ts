import { createActivityIntake } from './activity/activity-intake.ts';
import type { RoutesDeps } from './app.ts';
import { createCheckIns } from './attendance/check-in.ts';
import { listAttempts } from './claims/list-attempts.ts';
import { readEligibility } from './claims/read-eligibility.ts';
import { submitClaim } from './claims/submit-claim.ts';
import type { Config } from './config.ts';
import { addCodes } from './coupons/add-codes.ts';
import type { Domain } from './domain.ts';
import { changeEventStatus } from './events/change-event-status.ts';
import { cloneEvent } from './events/clone-event.ts';
import { createEvent } from './events/create-event.ts';
import { deleteEvent } from './events/delete-event.ts';
import { updateEvent } from './events/update-event.ts';
import { createAcceptances } from './invites/accept-invites.ts';
import { newInviteCode } from './invites/invite-code.ts';
import { makeInvite } from './invites/make-invite.ts';
import { submitAcceptance } from './invites/submit-acceptance.ts';
import { readMyEvents } from './progress/read-my-events.ts';
import { readProgress } from './progress/read-progress.ts';
import { createBulkRevokes } from './revokes/bulk-revokes.ts';
import { revokeClaim } from './revokes/revoke-claim.ts';
import { createRewardChanges } from './rewards/change-rewards.ts';
import { createReward } from './rewards/create-reward.ts';
import { simulateEvent } from './simulation/simulate-event.ts';
import { readStats } from './stats/read-stats.ts';

/** How long an acceptance waits to hear of an account that has just been registered. */
const ACCOUNT_WAIT_MS = 2_000;

/** What is asked for over HTTP. */
export function createRequests(domain: Domain, config: Pick<Config, 'claims' | 'invites' | 'revokes'>) {
  const { registry, acceptInvites } = domain;
  const { maxPerDay } = config.invites;
  const checkIns = createCheckIns({ ...domain, metrics: registry });
  const acceptances = createAcceptances({ ...domain, acceptInvites, metrics: registry });
  const activityIntake = createActivityIntake(domain);
  const routes: RoutesDeps = {
    ...domain,
    createEvent: createEvent(domain),
    updateEvent: updateEvent(domain),
    deleteEvent: deleteEvent(domain),
    cloneEvent: cloneEvent(domain),
    changeEventStatus: changeEventStatus(domain),
    createReward: createReward(domain),
    rewardChanges: createRewardChanges(domain),
    addCodes: addCodes(domain),
    checkIns,
    makeInvite: makeInvite({ ...domain, newCode: newInviteCode, maxPerDay }),
    submitAcceptance: submitAcceptance({ acceptances, waitMs: ACCOUNT_WAIT_MS }),
    activityIntake,
    submitClaim: submitClaim(domain),
    revokeClaim: revokeClaim(domain),
    bulkRevokes: createBulkRevokes(domain),
    revokeRate: config.revokes.rate,
    listAttempts: listAttempts(domain),
    readEligibility: readEligibility(domain),
    readProgress: readProgress(domain),
    readStats: readStats(domain),
    simulateEvent: simulateEvent(domain),
    readMyEvents: readMyEvents(domain),
    waitMs: config.claims.waitMs,
  };
  return {
    routes,
    /** What handles together what comes at the same time. */
    intakes: [checkIns, acceptances, activityIntake],
  };
}
