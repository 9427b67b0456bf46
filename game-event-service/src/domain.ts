import type { Registry } from '@prometheus-io/client';
import type { Db } from 'mongodb';
import type { AuditTrail, Refusals } from 'service-kit/audit';
import type { Logger } from 'service-kit/logging';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { RedisConnection } from 'service-kit/redis';
import { createAccountCache } from './participation/accounts/account-cache.ts';
import { createActivityMetrics } from './participation/activity/activity-metrics.ts';
import { recordActivity } from './participation/activity/record-activity.ts';
import { createAudit } from './audit/audit.ts';
import { createClaimAcceptance } from './claims/accept-claims.ts';
import { createBooksReader } from './claims/books-reader.ts';
import { createClaimNotices } from './claims/claim-notices.ts';
import { createClaimWaiter } from './claims/claim-waiter.ts';
import type { Config } from './config.ts';
import { createEventChanges } from './catalog/events/event-changes.ts';
import { followEvents } from './catalog/events/event-feed.ts';
import { newId } from './database/ids.ts';
import { acceptInvites } from './participation/invites/accept-invites.ts';
import { createClaimMetrics } from './claims/claim-metrics.ts';
import { countProgress } from './participation/progress/count-progress.ts';
import { createProgressKeeper } from './participation/progress/progress-keeper.ts';
import { createRevocableClaims } from './claims/revokes/revocable-claims.ts';
import { rememberEvent } from './catalog/rules/remember-event.ts';
import { createRuleBook } from './catalog/rules/rule-book.ts';
import { createRuleFollower } from './catalog/rules/rule-follower.ts';
import { createRuleMemory } from './catalog/rules/rule-memory.ts';
import { createStores } from './stores.ts';
import type { Clock } from './catalog/calendar/time.ts';

export interface DomainOptions {
  config: Pick<Config, 'claims' | 'activity' | 'invites'>;
  db: Db;
  redis: RedisConnection;
  trail: AuditTrail;
  refusals: Refusals;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
  logger: Logger;
  registry: Registry;
}

/** The stores, and what requests, messages and jobs share over them; each use case takes of it what it needs. */
export function createDomain({ config, db, redis, trail, refusals, transact, ...options }: DomainOptions) {
  const { clock, logger, registry } = options;
  const { deadlineMs, attemptRetentionMs } = config.claims;
  const audit = createAudit({ trail, refusals });
  const stores = createStores(db);
  const { events, rewards, claims } = stores;
  const claimMetrics = createClaimMetrics(registry, () => claims.countStuck());
  const metrics = { ...claimMetrics, ...createActivityMetrics(registry) };

  const memory = createRuleMemory({ events, rewards, clock });
  const rules = createRuleFollower({ follow: followEvents(db), memory, logger });
  const ruleBook = createRuleBook({ events, rewards, memory, isFresh: rules.isFresh });
  const remember = rememberEvent({ memory, logger });

  const progressKeeper = createProgressKeeper({ ...stores, clock });
  const counting = {
    ...stores,
    ruleBook,
    countProgress: countProgress({ ...stores, progressKeeper, clock }),
    clock,
  };
  const books = createBooksReader({ ...stores, ruleBook });
  const waiter = createClaimWaiter({ read: (ids) => claims.findAll(ids), logger });

  return {
    ...stores,
    trail,
    audit,
    audited: audit.audited,
    transact,
    clock,
    newId,
    logger,
    registry,
    metrics,
    deadlineMs,
    rules,
    ruleBook,
    remember,
    changes: createEventChanges({ events, transact, remember }),
    countProgress: counting.countProgress,
    acceptInvites: acceptInvites({ ...counting, maxAgeMs: config.invites.maxAgeMs }),
    recordActivity: recordActivity({ ...counting, limits: config.activity }),
    books,
    acceptance: createClaimAcceptance({
      ...stores,
      books,
      progressKeeper,
      transact,
      clock,
      deadlineMs,
      attemptRetentionMs,
      newId,
      registry,
      metrics: claimMetrics,
    }),
    waiter,
    announce: createClaimNotices(redis, waiter, logger).announce,
    revocable: createRevocableClaims(db),
    cache: createAccountCache(redis.client),
  };
}

export type Domain = ReturnType<typeof createDomain>;
