import { createAuditTrail, createRefusals } from 'service-kit/audit';
import { createAdminServer, createMetrics, createReadiness } from 'service-kit/admin';
import { createHttpServer } from 'service-kit/http';
import { createIdentityVerifier } from 'service-kit/identity';
import { createLifecycle } from 'service-kit/lifecycle';
import { createLogger, type Logger } from 'service-kit/logging';
import { consumerControls, createMessaging, createTuningFile } from 'service-kit/messaging';
import { connectMongo } from 'service-kit/mongo';
import { connectRedis } from 'service-kit/redis';
import { createServiceApp } from './app.ts';
import type { Config } from './config.ts';
import { createConsumers } from './consumers.ts';
import { createDomain } from './domain.ts';
import { createJobs } from './jobs.ts';
import { migrateDatabase } from './database/migrate-database.ts';
import { createRequests } from './requests.ts';
import type { Clock } from './catalog/calendar/time.ts';
import { topologyOf } from './messaging/topology.ts';

const NAME = 'game-event-service';

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
  const { client, db } = mongo;
  const trail = createAuditTrail({ client, db, key: config.auditKey, logger, metrics: registry });
  const refusals = createRefusals({ trail, logger });
  const { transact } = messaging;
  const domain = createDomain({ config, db, redis, trail, refusals, transact, clock, logger, registry });
  const { routes, intakes } = createRequests(domain, config);
  const consumers = createConsumers(domain, messaging, config.messaging);
  const { REWARD_RESULTS, ACCOUNT_EVENTS, ACTIVITY } = consumers;
  const jobs = createJobs(domain, config.revokes);

  const readiness = createReadiness({
    mongodb: () => mongo.ping(),
    redis: () => redis.ping().catch(() => ({ degraded: 'Redis is away' })),
    rabbitmq: async () => {
      const trouble = await messaging.trouble();
      return trouble === undefined ? undefined : { degraded: trouble };
    },
  });
  const { app, openApi } = createServiceApp({
    routes,
    verifyIdentity: createIdentityVerifier({ service: NAME, keys: config.identityKeys }),
    readiness,
    idempotencyKeys: domain.idempotencyKeys,
    metrics: registry,
    logger,
  });
  const http = createHttpServer({ app, ...config.http, logger, metrics: registry });
  const admin = createAdminServer({
    ...config.admin,
    readiness,
    metrics: registry,
    logger,
    endpoints: consumerControls(works ? Object.values(consumers) : []),
  });
  const tuningFile = config.tuningFile && createTuningFile({ ...config.tuningFile, consumers, logger });

  async function migrate(): Promise<void> {
    await migrateDatabase({ client, db, logger });
    // What is the kit's brings its indexes with it.
    await domain.idempotencyKeys.ensureIndexes();
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
      domain.rules,
      trail.sealer,
      refusals,
      messaging.component,
      domain.acceptance,
      // A worker settles claims that others wait for: they hear of it on Redis.
      ...(serves ? [...intakes, http, domain.waiter] : []),
      ...(works
        ? [...jobs, ACCOUNT_EVENTS, ACTIVITY, REWARD_RESULTS, ...(tuningFile ? [tuningFile] : [])]
        : []),
    ],
  });
  return { logger, lifecycle, http, admin, openApi };
}
