import { createAdminServer, createReadiness } from '../admin/index.ts';
import {
  createApp,
  createHttpServer,
  DomainError,
  openApiDocument,
  type HttpServer,
  type ProblemTable,
} from '../http/index.ts';
import { createIdentityVerifier, createInternalCallVerifier } from '../identity/index.ts';
import { createLifecycle, createPeriodic, type Component, type Service } from '../lifecycle/index.ts';
import { consumerControls, createTuningFile } from '../messaging/index.ts';
import { createIdempotencyKeys, isStoreUnavailable } from '../mongo/index.ts';
import { ensureIndexes } from './ensure-indexes.ts';
import { migrateDatabase } from './migrate-database.ts';
import type { Module } from './module.ts';
import type { PlatformConfig } from './platform-config.ts';
import type { ServicePlatform } from './platform.ts';

export interface ServiceOptions {
  platform: ServicePlatform;
  config: PlatformConfig;
  /** In the order of starting. */
  modules: readonly Module[];
  /** Version and description of the API document. */
  api: { version: string; description: string };
  /** The service's own problem codes. */
  problems: ProblemTable;
  /** Folder of the migrations, where there are any. */
  migrations?: URL;
}

/** A service that `runService` can run. */
export interface ModularService extends Service {
  http: HttpServer;
  admin: HttpServer;
  openApi: object;
  /** Brings the database up to date, and opens only the database. */
  migrate: () => Promise<void>;
}

/**
 * Makes a service of its modules: HTTP app and API document, consumers and their queues, jobs, migrations and indexes,
 * start and stop. Nothing is opened before `lifecycle.start`.
 */
export function createService(options: ServiceOptions): ModularService {
  const { platform, config, modules, problems, migrations } = options;
  const { service, client, db, mongo, redis, messaging, trail, refusals, logger, metrics } = platform;
  const [serves, works] = [config.role !== 'worker', config.role !== 'http'];

  const endpoints = modules.flatMap((module) => module.endpoints ?? []);
  const declared = modules.flatMap((module) => module.consumers ?? []);
  declareQueues(platform, modules);
  const consumers = Object.fromEntries(
    declared.map((each) => [each.variables, each.consumeWith(messaging)] as const),
  );
  const jobs = modules.flatMap((module) => module.jobs ?? []);
  const idempotencyKeys = createIdempotencyKeys({ db });

  const openApi = openApiDocument({ title: service, ...options.api, endpoints, problems });
  const readiness = createReadiness({
    mongodb: () => mongo.ping(),
    redis: () => redis.ping().catch(() => ({ degraded: 'Redis is unavailable' })),
    // Messages wait in the outbox, so requests can still be served.
    rabbitmq: async () => {
      const trouble = await messaging.trouble();
      return trouble === undefined ? undefined : { degraded: trouble };
    },
  });
  const app = createApp({
    service,
    endpoints,
    problems,
    openApi,
    translateError: unavailable,
    verifyIdentity: createIdentityVerifier({ service, keys: config.identity.keys }),
    verifyInternalCall: createInternalCallVerifier({ service, keys: config.identity.internalKeys }),
    idempotencyKeys,
    readiness,
    metrics,
    logger,
  });
  const http = createHttpServer({ app, ...config.http, logger, metrics });
  const admin = createAdminServer({
    ...config.admin,
    readiness,
    metrics,
    logger,
    endpoints: [
      ...consumerControls(works ? Object.values(consumers) : []),
      ...modules.flatMap((module) => module.controls ?? []),
    ],
  });

  async function prepareDatabase(): Promise<void> {
    if (migrations) await migrateDatabase({ client, db, logger, directory: migrations });
    await ensureIndexes(
      db,
      modules.flatMap((module) => module.indexes ?? []),
    );
    await idempotencyKeys.ensureIndexes();
    await trail.ensureIndexes();
  }

  const workers: Component[] = [
    ...jobs.map((job) => createPeriodic({ ...job, logger })),
    ...Object.values(consumers),
    ...(config.tuningFile ? [createTuningFile({ ...config.tuningFile, consumers, logger })] : []),
  ];
  // Stopped from the last to the first: consumers stop, requests that wait are answered, the others finish, and the
  // messages that they caused are sent before the stores close.
  const components: Component[] = [
    admin,
    mongo,
    { name: 'database', start: prepareDatabase },
    redis,
    trail.sealer,
    refusals,
    messaging.component,
    ...modules.flatMap((module) => module.components ?? []),
    ...(serves ? [http, ...modules.flatMap((module) => module.waiters ?? [])] : []),
    ...(works ? workers : []),
  ];
  const { shutdownTimeoutMs } = config;
  return {
    logger,
    http,
    admin,
    openApi,
    lifecycle: createLifecycle({ logger, shutdownTimeoutMs, readiness, components }),
    migrate: async () => {
      await mongo.start();
      try {
        await prepareDatabase();
      } finally {
        await mongo.stop();
      }
    },
  };
}

function declareQueues({ topology }: ServicePlatform, modules: readonly Module[]): void {
  for (const { exchanges = [], consumers = [] } of modules) {
    for (const { queue, topology: definition } of consumers) {
      if (topology.queues[queue]) throw new TypeError(`two modules consume ${queue}`);
      topology.queues[queue] = definition;
    }
    const bound = consumers.flatMap((consumer) => consumer.topology.bindings.map(({ exchange }) => exchange));
    for (const exchange of [...exchanges, ...bound]) topology.exchanges[exchange] = { type: 'topic' };
  }
}

function unavailable(error: unknown): DomainError | undefined {
  if (!isStoreUnavailable(error)) return undefined;
  return new DomainError('service_unavailable', 'The database is unavailable; try again in a moment', {
    headers: { 'retry-after': '1' },
  });
}
