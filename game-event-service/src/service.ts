import { createAuditTrail, createRefusals } from 'service-kit/audit';
import { createAdminServer, createMetrics, createReadiness } from 'service-kit/admin';
import { createHttpServer } from 'service-kit/http';
import { createIdentityVerifier } from 'service-kit/identity';
import { createLifecycle, createPeriodic } from 'service-kit/lifecycle';
import { createLogger, type Logger } from 'service-kit/logging';
import { consumerControls, createMessaging, createTuningFile } from 'service-kit/messaging';
import { connectMongo } from 'service-kit/mongo';
import { connectRedis } from 'service-kit/redis';
import { createAccountCache } from './accounts/account-cache.ts';
import { accountEvents } from './accounts/account-events-consumer.ts';
import { followAccounts } from './accounts/follow-accounts.ts';
import { activity } from './activity/activity-consumer.ts';
import { createActivityIntake } from './activity/activity-intake.ts';
import { recordActivity as recording } from './activity/record-activity.ts';
import { createServiceApp } from './app.ts';
import { makeAutoClaims } from './auto-claims/make-auto-claims.ts';
import { createCheckIns } from './attendance/check-in.ts';
import { createAudit } from './audit/audit.ts';
import { createClaimAcceptance } from './claims/accept-claims.ts';
import { createBooksReader } from './claims/books-reader.ts';
import { cancelClaimsOf } from './claims/cancel-claims.ts';
import { createClaimNotices } from './claims/claim-notices.ts';
import { createClaimWaiter } from './claims/claim-waiter.ts';
import { listAttempts } from './claims/list-attempts.ts';
import { readEligibility } from './claims/read-eligibility.ts';
import { rewardResults } from './claims/reward-results-consumer.ts';
import { settleClaims } from './claims/settle-claims.ts';
import { submitClaim } from './claims/submit-claim.ts';
import { sweepClaims } from './claims/sweep-claims.ts';
import type { Clock } from './time.ts';
import type { Config } from './config.ts';
import { addCodes } from './coupons/add-codes.ts';
import { changeEventStatus } from './events/change-event-status.ts';
import { cloneEvent } from './events/clone-event.ts';
import { createEvent } from './events/create-event.ts';
import { deleteEvent } from './events/delete-event.ts';
import { createEventChanges } from './events/event-changes.ts';
import { followEvents } from './events/event-feed.ts';
import { updateEvent } from './events/update-event.ts';
import { moveDueEvents } from './events/move-due-events.ts';
import { newId } from './ids.ts';
import { acceptInvites, createAcceptances } from './invites/accept-invites.ts';
import { newInviteCode } from './invites/invite-code.ts';
import { makeInvite } from './invites/make-invite.ts';
import { submitAcceptance } from './invites/submit-acceptance.ts';
import { createServiceMetrics } from './metrics.ts';
import { migrateDatabase } from './migrate-database.ts';
import { countProgress as counting } from './progress/count-progress.ts';
import { createProgressKeeper } from './progress/progress-keeper.ts';
import { readMyEvents } from './progress/read-my-events.ts';
import { readProgress } from './progress/read-progress.ts';
import { createRewardChanges } from './rewards/change-rewards.ts';
import { createReward } from './rewards/create-reward.ts';
import { createBulkRevokes } from './revokes/bulk-revokes.ts';
import { createRevocableClaims } from './revokes/revocable-claims.ts';
import { revokeClaim } from './revokes/revoke-claim.ts';
import { runRevokeJobs } from './revokes/run-revoke-jobs.ts';
import { rememberEvent } from './rules/remember-event.ts';
import { createRuleBook } from './rules/rule-book.ts';
import { createRuleFollower } from './rules/rule-follower.ts';
import { createRuleMemory } from './rules/rule-memory.ts';
import { simulateEvent } from './simulation/simulate-event.ts';
import { readStats } from './stats/read-stats.ts';
import { createStores } from './stores.ts';
import { topologyOf } from './topology.ts';

const NAME = 'game-event-service';
/** How long an acceptance waits to hear of an account that has just been registered. */
const ACCOUNT_WAIT_MS = 2_000;

export interface Overrides {
  clock?: Clock;
  logger?: Logger;
}

/** Wires the service; nothing is opened before its lifecycle starts. */
export function buildService(config: Config, overrides: Overrides = {}) {
  const { clock = () => new Date(), logger = createLogger({ service: NAME, level: config.logLevel }) } =
    overrides;
  const registry = createMetrics(NAME);
  const [serves, works] = [config.role !== 'worker', config.role !== 'http'];

  const mongo = connectMongo({ ...config.mongo, appName: NAME, logger });
  const redis = connectRedis({ url: config.redisUrl, name: NAME, logger });
  const messaging = createMessaging({
    ...config.messaging,
    service: NAME,
    topology: topologyOf(config.messaging),
    client: mongo.client,
    db: mongo.db,
    logger,
    metrics: registry,
  });
  const { transact } = messaging;
  const { client, db } = mongo;
  const trail = createAuditTrail({ client, db, key: config.auditKey, logger, metrics: registry });
  const refusals = createRefusals({ trail, logger });
  const audit = createAudit({ trail, refusals });
  const { audited } = audit;

  const stores = createStores(mongo.db);
  const { events, rewards, codes, stock, claims, stats, accounts } = stores;
  const metrics = createServiceMetrics(registry, () => claims.countStuck());
  const { deadlineMs, waitMs, attemptRetentionMs } = config.claims;

  const memory = createRuleMemory({ events, rewards, clock });
  const rules = createRuleFollower({ follow: followEvents(db), memory, logger });
  const ruleBook = createRuleBook({ events, rewards, memory, isFresh: rules.isFresh });
  const remember = rememberEvent({ memory, logger });
  const changes = createEventChanges({ events, transact, remember });
  const progressKeeper = createProgressKeeper({ ...stores, clock });
  const countProgress = counting({ ...stores, progressKeeper, clock });
  const checkIns = createCheckIns({
    ...stores,
    ruleBook,
    countProgress,
    transact,
    clock,
    metrics: registry,
  });
  const { maxPerDay, maxAgeMs } = config.invites;
  const accept = acceptInvites({ ...stores, ruleBook, countProgress, clock, maxAgeMs });
  const acceptances = createAcceptances({ acceptInvites: accept, transact, metrics: registry });
  const recordActivity = recording({ ...stores, ruleBook, countProgress, clock, limits: config.activity });
  const activityIntake = createActivityIntake({ recordActivity, transact, registry, metrics });
  const books = createBooksReader({ ...stores, ruleBook });
  const acceptance = createClaimAcceptance({
    ...stores,
    ruleBook,
    books,
    progressKeeper,
    transact,
    clock,
    deadlineMs,
    attemptRetentionMs,
    newId,
    registry,
    metrics,
  });
  const waiter = createClaimWaiter({ read: (ids) => claims.findAll(ids), logger });
  const { announce } = createClaimNotices(redis, waiter, logger);

  const rewardResultsConsumer = messaging.consume(
    rewardResults(settleClaims({ ...stores, announce, clock, logger, metrics })),
    config.messaging.rewardResults,
  );
  const accountEventsConsumer = messaging.consume(
    accountEvents(
      followAccounts({
        accounts,
        cache: createAccountCache(redis.client),
        cancelClaimsOf: cancelClaimsOf({ claims, metrics }),
        acceptInvites: accept,
        trail,
        clock,
      }),
    ),
    config.messaging.accountEvents,
  );
  const { inboxRetentionMs } = config.messaging;
  const activityConsumer = messaging.consume(
    activity({ recordActivity, clock, inboxRetentionMs, metrics }),
    config.messaging.activity,
  );
  const schedule = createPeriodic({
    name: 'event schedule',
    everyMs: 500,
    run: moveDueEvents({ events, changes, clock, logger }),
    logger,
  });
  const sweeper = createPeriodic({
    name: 'claim sweeper',
    everyMs: 1_000,
    run: sweepClaims({ claims, transact, clock, deadlineMs, logger, metrics }),
    logger,
  });

  const autoClaims = createPeriodic({
    name: 'automatic claims',
    everyMs: 250,
    run: makeAutoClaims({ ...stores, books, acceptance, transact, clock, logger }),
    logger,
  });
  const revocable = createRevocableClaims(mongo.db);
  const revokes = createPeriodic({
    name: 'revoke jobs',
    everyMs: 250,
    run: runRevokeJobs({
      ...stores,
      revocable,
      transact,
      clock,
      rate: config.revokes.rate,
      deadlineMs,
      metrics,
    }),
    logger,
  });
  const codeSweeper = createPeriodic({
    name: 'code sweeper',
    everyMs: 60_000,
    run: () => codes.sweep(),
    logger,
  });

  const readiness = createReadiness({
    mongodb: () => mongo.ping(),
    redis: () => redis.ping().catch(() => ({ degraded: 'Redis is away' })),
    rabbitmq: async () => {
      const trouble = await messaging.trouble();
      return trouble === undefined ? undefined : { degraded: trouble };
    },
  });
  const { app, openApi } = createServiceApp({
    routes: {
      createEvent: createEvent({ events, transact, audited, clock, newId }),
      updateEvent: updateEvent({ changes, audited, clock }),
      deleteEvent: deleteEvent({ events, rewards, stock, transact, audited }),
      cloneEvent: cloneEvent({ events, rewards, stock, transact, audited, clock, newId }),
      changeEventStatus: changeEventStatus({ changes, audited, clock }),
      createReward: createReward({ events, rewards, stock, transact, audited, remember, clock, newId }),
      rewardChanges: createRewardChanges({ events, rewards, stock, transact, audited, remember, clock }),
      addCodes: addCodes({ rewards, codes, transact, audited }),
      checkIns,
      makeInvite: makeInvite({ ...stores, transact, clock, newCode: newInviteCode, maxPerDay }),
      submitAcceptance: submitAcceptance({ acceptances, waitMs: ACCOUNT_WAIT_MS }),
      invites: stores.invites,
      activityIntake,
      submitClaim: submitClaim({ acceptance, waiter }),
      revokeClaim: revokeClaim({ claims, stats, transact, audited, clock, deadlineMs, metrics }),
      bulkRevokes: createBulkRevokes({ ...stores, revocable, transact, audited, clock }),
      revokeJobs: stores.revokeJobs,
      revokeRate: config.revokes.rate,
      readEligibility: readEligibility({ books, clock }),
      readProgress: readProgress({ books, clock }),
      readStats: readStats(stores),
      simulateEvent: simulateEvent({ ...stores, ruleBook }),
      readMyEvents: readMyEvents({ books, clock }),
      events,
      rewards,
      stock,
      claims,
      trail,
      audit,
      listAttempts: listAttempts(stores),
      clock,
      waitMs,
    },
    verifyIdentity: createIdentityVerifier({ service: NAME, keys: config.identityKeys }),
    readiness,
    idempotencyKeys: stores.idempotencyKeys,
    metrics: registry,
    logger,
  });
  const http = createHttpServer({ app, ...config.http, logger });
  const admin = createAdminServer({
    ...config.admin,
    readiness,
    metrics: registry,
    logger,
    endpoints: consumerControls(
      works ? [rewardResultsConsumer, accountEventsConsumer, activityConsumer] : [],
    ),
  });

  const tuningFile =
    config.tuningFile === undefined
      ? []
      : [
          createTuningFile({
            ...config.tuningFile,
            consumers: {
              REWARD_RESULTS: rewardResultsConsumer,
              ACCOUNT_EVENTS: accountEventsConsumer,
              ACTIVITY: activityConsumer,
            },
            logger,
          }),
        ];
  async function migrate(): Promise<void> {
    await migrateDatabase({ client, db, logger });
    // What is the kit's brings its indexes with it.
    await stores.idempotencyKeys.ensureIndexes();
    await trail.ensureIndexes();
  }
  const lifecycle = createLifecycle({
    logger,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    readiness,
    // Stopped from the last to the first: nothing more is consumed, whoever waits is answered, requests finish,
    // and what they caused is sent before the stores go.
    components: [
      admin,
      mongo,
      { name: 'migrations', start: migrate },
      redis,
      rules,
      trail.sealer,
      refusals,
      messaging.component,
      acceptance,
      // A worker settles claims that others wait for: they hear of it on Redis.
      ...(serves ? [checkIns, acceptances, activityIntake, http, waiter] : []),
      ...(works
        ? [
            schedule,
            sweeper,
            revokes,
            autoClaims,
            codeSweeper,
            accountEventsConsumer,
            activityConsumer,
            rewardResultsConsumer,
            ...tuningFile,
          ]
        : []),
    ],
  });
  return { logger, lifecycle, http, admin, openApi };
}
