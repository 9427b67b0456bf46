import type { Db } from 'mongodb';
import { createIdempotencyKeys } from 'service-kit/mongo';
import { createAccountStore } from './participation/accounts/account-store.ts';
import { createActivityStore } from './participation/activity/activity-store.ts';
import { createRejectedActivityStore } from './participation/activity/rejected-activity-store.ts';
import { createClaimPromptStore } from './claims/auto-claims/claim-prompt-store.ts';
import { createCapStore } from './claims/cap-store.ts';
import { createClaimAttemptStore } from './claims/claim-attempt-store.ts';
import { createClaimStore } from './claims/claim-store.ts';
import { createCodeStore } from './catalog/rewards/code-store.ts';
import { createEventStore } from './catalog/events/event-store.ts';
import { createInviteStore } from './participation/invites/invite-store.ts';
import { createProgressStore } from './participation/progress/progress-store.ts';
import { createRevokeJobStore } from './claims/revokes/revoke-job-store.ts';
import { createRewardStore } from './catalog/rewards/reward-store.ts';
import { createStockStore } from './catalog/rewards/stock-store.ts';
import { createStatsStore } from './claims/stats-store.ts';

export function createStores(db: Db) {
  const codes = createCodeStore(db);
  return {
    events: createEventStore(db),
    rewards: createRewardStore(db),
    codes,
    stock: createStockStore(db, codes),
    claims: createClaimStore(db),
    stats: createStatsStore(db),
    caps: createCapStore(db),
    attempts: createClaimAttemptStore(db),
    revokeJobs: createRevokeJobStore(db),
    progress: createProgressStore(db),
    prompts: createClaimPromptStore(db),
    accounts: createAccountStore(db),
    invites: createInviteStore(db),
    activity: createActivityStore(db),
    rejectedActivity: createRejectedActivityStore(db),
    idempotencyKeys: createIdempotencyKeys({ db }),
  };
}
