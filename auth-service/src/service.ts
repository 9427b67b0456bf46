import { createAuditTrail, createRefusals } from 'service-kit/audit';
import { createAdminServer, createMetrics, createReadiness } from 'service-kit/admin';
import { createHttpServer, type HttpServer } from 'service-kit/http';
import { createIdentityVerifier, createInternalCallVerifier } from 'service-kit/identity';
import { createLifecycle, createPeriodic, type Lifecycle } from 'service-kit/lifecycle';
import { createLogger, type Logger } from 'service-kit/logging';
import { consumerControls, createMessaging, createTuningFile } from 'service-kit/messaging';
import { connectMongo } from 'service-kit/mongo';
import { connectRedis } from 'service-kit/redis';
import { createAuthApp, endpointsOf } from './app.ts';
import { systemClock, type Clock } from './clock.ts';
import { REWARD_REQUESTS_PREFIX, type Config } from './config.ts';
import { createDomain } from './domain.ts';
import { ensureIndexes } from './ensure-indexes.ts';
import { randomId, type MakeId } from './ids.ts';
import { deriveKeys } from './tokens/derive-keys.ts';
import { topology } from './topology.ts';

const SERVICE = 'auth-service';

/** What a test may put in the place of the real thing. */
export interface Overrides {
  logger?: Logger;
  clock?: Clock;
  makeId?: MakeId;
}

export interface AuthService {
  logger: Logger;
  lifecycle: Lifecycle;
  http: HttpServer;
  admin: HttpServer;
}

/** Wires everything; opens nothing before `lifecycle.start()`. */
export function buildService(config: Config, overrides: Overrides = {}): AuthService {
  const { logger = createLogger({ service: SERVICE, level: config.logLevel }) } = overrides;
  const { clock = systemClock, makeId = randomId } = overrides;
  const metrics = createMetrics(SERVICE);
  const [serves, works] = [config.role !== 'worker', config.role !== 'http'];

  const mongo = connectMongo({ ...config.mongo, appName: SERVICE, logger });
  const redis = connectRedis({ url: config.redisUrl, name: SERVICE, logger });
  const messaging = createMessaging({
    service: SERVICE,
    urls: config.rabbitmq.urls,
    topology: topology(config.rewardRequests),
    client: mongo.client,
    db: mongo.db,
    outbox: config.outbox,
    inboxRetentionMs: config.inboxRetentionMs,
    logger,
    metrics,
  });
  const { transact } = messaging;
  const derivedKeys = deriveKeys(config.tokens.secret);
  const { client, db } = mongo;
  const trail = createAuditTrail({ client, db, key: derivedKeys.audit, logger, metrics });
  const refusals = createRefusals({ trail, logger });
  const domain = createDomain({
    config,
    derivedKeys,
    db,
    redis: redis.client,
    trail,
    refusals,
    transact,
    clock,
    makeId,
    logger,
    metrics,
    ensureIndexes: () => ensureIndexes({ client, db, logger }),
  });
  const consumer = messaging.consume(domain.rewardRequests, config.rewardRequests);

  const jobs = [
    createPeriodic({ name: 'ends of bans', everyMs: 500, run: domain.jobs.endBans, logger }),
    createPeriodic({ name: 'erasures', everyMs: 1_000, run: domain.jobs.eraseAccounts, logger }),
    createPeriodic({
      name: 'removal of ended sessions',
      everyMs: 500,
      run: domain.jobs.removeEndedSessions,
      logger,
    }),
  ];

  const readiness = createReadiness({
    mongodb: () => mongo.ping(),
    // Limits are counted by each instance for itself meanwhile.
    redis: () => redis.ping().catch(() => ({ degraded: 'Redis is away' })),
    // Messages wait in the outbox, so requests can still be served.
    rabbitmq: async () => {
      const trouble = await messaging.trouble();
      return trouble === undefined ? undefined : { degraded: trouble };
    },
  });
  const endpoints = endpointsOf(domain.routes);
  const verifyIdentity = createIdentityVerifier({ service: SERVICE, keys: config.identity.keys });
  const verifyInternalCall = createInternalCallVerifier({
    service: SERVICE,
    keys: config.identity.internalKeys,
  });
  const app = createAuthApp({
    endpoints,
    idempotencyKeys: domain.idempotencyKeys,
    logger,
    metrics,
    readiness,
    verifyIdentity,
    verifyInternalCall,
  });
  const http = createHttpServer({ app, ...config.http, logger, metrics });
  const admin = createAdminServer({
    ...config.admin,
    readiness,
    metrics,
    logger,
    endpoints: [...consumerControls(works ? [consumer] : []), ...domain.controls],
  });

  const tuningFile =
    config.tuningFile === undefined
      ? []
      : [
          createTuningFile({
            ...config.tuningFile,
            consumers: { [REWARD_REQUESTS_PREFIX]: consumer },
            logger,
          }),
        ];
  const preparation = { name: 'preparation', start: () => domain.prepare() };
  const lifecycle = createLifecycle({
    logger,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    readiness,
    components: [
      mongo,
      redis,
      domain.passwordJudge,
      preparation,
      domain.signingKeys,
      trail.sealer,
      refusals,
      messaging.component,
      domain.orders,
      ...(works ? [consumer, ...jobs, ...tuningFile] : []),
      ...(serves ? [http] : []),
      admin,
    ],
  });

  return { logger, lifecycle, http, admin };
}
