import { createActivityIntake } from './participation/activity/activity-intake.ts';
import type { RoutesDeps } from './app.ts';
import { createCheckIns } from './participation/attendance/check-in.ts';
import { listAttempts } from './reporting/history/list-attempts.ts';
import { readEligibility } from './reporting/eligibility/read-eligibility.ts';
import { submitClaim } from './claims/submit-claim.ts';
import type { Config } from './config.ts';
import { addCodes } from './catalog/coupons/add-codes.ts';
import type { Domain } from './domain.ts';
import { changeEventStatus } from './catalog/events/change-event-status.ts';
import { cloneEvent } from './catalog/events/clone-event.ts';
import { createEvent } from './catalog/events/create-event.ts';
import { deleteEvent } from './catalog/events/delete-event.ts';
import { updateEvent } from './catalog/events/update-event.ts';
import { createAcceptances } from './participation/invites/accept-invites.ts';
import { newInviteCode } from './participation/invites/invite-code.ts';
import { makeInvite } from './participation/invites/make-invite.ts';
import { submitAcceptance } from './participation/invites/submit-acceptance.ts';
import { readMyEvents } from './reporting/my-events/read-my-events.ts';
import { readProgress } from './participation/progress/read-progress.ts';
import { createBulkRevokes } from './claims/revokes/bulk-revokes.ts';
import { revokeClaim } from './claims/revokes/revoke-claim.ts';
import { createRewardChanges } from './catalog/rewards/change-rewards.ts';
import { copyRewards } from './catalog/rewards/copy-rewards.ts';
import { createReward } from './catalog/rewards/create-reward.ts';
import { removeRewards } from './catalog/rewards/remove-rewards.ts';
import { simulateEvent } from './reporting/simulation/simulate-event.ts';
import { readStats } from './claims/stats/read-stats.ts';

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
    deleteEvent: deleteEvent({ ...domain, removeRewards: removeRewards(domain) }),
    cloneEvent: cloneEvent({ ...domain, copyRewards: copyRewards(domain) }),
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
