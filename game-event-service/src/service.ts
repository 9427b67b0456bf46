import { createPlatform, createService, type PlatformOverrides } from 'service-kit/service';
import { createAudit } from './audit/audit.ts';
import { createCatalog } from './catalog/module.ts';
import { createAutoClaims } from './claims/auto-claims/module.ts';
import { createClaimPromptStore } from './claims/auto-claims/claim-prompt-store.ts';
import { createClaims } from './claims/module.ts';
import { countRevokes } from './claims/revokes/count-revokes.ts';
import { createRevokes } from './claims/revokes/module.ts';
import { createRevokeJobStore } from './claims/revokes/revoke-job-store.ts';
import { createStats } from './claims/stats/module.ts';
import { createStatsStore } from './claims/stats-store.ts';
import type { Config } from './config.ts';
import { problems } from './http/problems.ts';
import { createAccounts } from './participation/accounts/module.ts';
import { createParticipation } from './participation/module.ts';
import { createReporting } from './reporting/module.ts';

/** Wires the service; nothing is opened before its lifecycle starts. */
export function buildService(config: Config, overrides: PlatformOverrides = {}) {
  const { auditKey } = config;
  const platform = createPlatform({ service: 'game-event-service', config, auditKey, ...overrides });
  const audit = createAudit(platform);

  const catalog = createCatalog(platform, audit);
  // Participation writes to these two, which claims read.
  const stats = createStatsStore(platform.db);
  const prompts = createClaimPromptStore(platform.db);
  const participation = createParticipation(platform, {
    catalog,
    stats,
    prompts,
    settings: {
      invites: config.invites,
      activity: config.activity,
      inboxRetentionMs: config.rabbitmq.inboxRetentionMs,
      activityTuning: config.consumers.activity,
    },
  });

  const revokeJobs = createRevokeJobStore(platform.db);
  const claims = createClaims(platform, {
    audit,
    catalog,
    participation,
    stats,
    countRevokes: countRevokes({ revokeJobs }),
    settings: { ...config.claims, tuning: config.consumers.rewardResults },
  });
  const { deadlineMs } = config.claims;
  const { rate } = config.revokes;
  const revokes = createRevokes(platform, {
    audit,
    claims: claims.claims,
    stats,
    revokeJobs,
    metrics: claims.claimMetrics,
    deadlineMs,
    rate,
  });
  const autoClaims = createAutoClaims(platform, {
    prompts,
    snapshots: claims.snapshots,
    accounts: participation.accounts,
    acceptance: claims.acceptance,
  });
  const accounts = createAccounts(platform, {
    accounts: participation.accounts,
    tuning: config.consumers.accountEvents,
    acceptRegistered: participation.acceptRegistered,
    cancelClaimsOf: claims.cancelClaimsOf,
  });

  return createService({
    platform,
    config,
    modules: [
      ...catalog.modules,
      ...participation.modules,
      accounts,
      claims,
      revokes,
      autoClaims,
      createStats(catalog, stats),
      ...createReporting(platform, { audit, catalog, participation, claims }),
    ],
    api: {
      version: '0.1.0',
      description:
        'In-game events, their rewards and conditions, check-ins, invites, claims and their history.',
    },
    problems,
    migrations: new URL('database/migrations/', import.meta.url),
  });
}
