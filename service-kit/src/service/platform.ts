import type { Registry } from '@prometheus-io/client';
import type { Channel } from 'amqplib';
import type { Db, MongoClient } from 'mongodb';
import type { KeyObject } from 'node:crypto';
import { createMetrics } from '../admin/index.ts';
import { createAuditTrail, createRefusals, type AuditTrail, type Refusals } from '../audit/index.ts';
import { createLogger, type Logger } from '../logging/index.ts';
import { createMessaging, type Messaging, type OutgoingMessage, type Topology } from '../messaging/index.ts';
import { connectMongo, type MongoConnection, type Transact } from '../mongo/index.ts';
import { connectRedis, type RedisConnection } from '../redis/index.ts';
import { systemClock, type Clock } from './clock.ts';
import { newId as randomId, type NewId } from './new-id.ts';
import type { PlatformConfig } from './platform-config.ts';

/** What every module may use. */
export interface Platform {
  client: MongoClient;
  db: Db;
  redis: RedisConnection;
  /** Changes state and sends messages in one transaction. */
  transact: Transact<OutgoingMessage>;
  trail: AuditTrail;
  refusals: Refusals;
  clock: Clock;
  newId: NewId;
  logger: Logger;
  metrics: Registry;
}

/** A platform with its connections, as `createService` starts them. */
export interface ServicePlatform extends Platform {
  service: string;
  mongo: MongoConnection;
  messaging: Messaging;
  /** Filled by `createService` before the broker is connected. */
  topology: {
    exchanges: Record<string, { type: 'topic' }>;
    queues: Record<string, Topology['queues'][string]>;
  };
}

/** Replacements for tests. */
export interface PlatformOverrides {
  logger?: Logger;
  clock?: Clock;
  newId?: NewId;
  /** Wraps the database and the channels of consumers, for tests that break a service on purpose. */
  adapt?: { db?: (db: Db) => Db; channel?: (channel: Channel) => Channel };
}

export interface PlatformOptions extends PlatformOverrides {
  /** Name of the service. */
  service: string;
  config: PlatformConfig;
  /** Under which the audit trail is hashed; without it, write access to the database is enough to forge a trail. */
  auditKey?: KeyObject | undefined;
}

/** Makes what the modules of a service stand on. Nothing is opened before the service starts. */
export function createPlatform({
  service,
  config,
  auditKey,
  ...overrides
}: PlatformOptions): ServicePlatform {
  const { clock = systemClock, newId = randomId, adapt = {} } = overrides;
  const { logger = createLogger({ service, level: config.logLevel }) } = overrides;
  const metrics = createMetrics(service);
  const mongo = connectMongo({ ...config.mongo, appName: service, logger });
  const redis = connectRedis({ url: config.redisUrl, name: service, logger });
  const topology: ServicePlatform['topology'] = { exchanges: {}, queues: {} };
  const { client } = mongo;
  const db = adapt.db?.(mongo.db) ?? mongo.db;
  const messaging = createMessaging({
    ...config.rabbitmq,
    service,
    topology,
    client,
    db,
    adaptChannel: adapt.channel,
    logger,
    metrics,
  });
  const { transact } = messaging;
  const trail = createAuditTrail({ client, db, logger, metrics, ...(auditKey && { key: auditKey }) });
  const refusals = createRefusals({ trail, logger });
  return {
    service,
    client,
    db,
    redis,
    transact,
    trail,
    refusals,
    clock,
    newId,
    logger,
    metrics,
    mongo,
    messaging,
    topology,
  };
}
