import { MongoClient, type Db } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';

export interface MongoOptions {
  /** Connection string; a replica set, because transactions need one. */
  url: string;
  database: string;
  /** MongoDB shows it in its logs and in `currentOp`. */
  appName: string;
  logger: Logger;
  /** How long `start` waits for a writable primary, in milliseconds. Default 30,000. */
  startTimeoutMs?: number;
}

export interface MongoConnection extends Component {
  client: MongoClient;
  db: Db;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when the primary answers; rejects with the driver's error otherwise. */
  ping(): Promise<void>;
}

/**
 * Prepares a connection that writes with majority and reads from the primary. `start` opens it, and waits until the
 * replica set has a writable primary.
 *
 * @throws {Error} from `start` when there is no primary within `startTimeoutMs`; its cause is the last error
 */
export function connectMongo(options: MongoOptions): MongoConnection {
  const { logger, startTimeoutMs = 30_000 } = options;
  const client = new MongoClient(options.url, {
    appName: options.appName,
    writeConcern: { w: 'majority' },
    readPreference: 'primary',
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    maxPoolSize: 100,
    ignoreUndefined: true,
  });
  const db = client.db(options.database);

  async function ping(): Promise<void> {
    await client.db('admin').command({ ping: 1 }, { readPreference: 'primary' });
  }

  async function waitForPrimary(): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    for (;;) {
      try {
        return await ping();
      } catch (error) {
        if (Date.now() >= deadline) {
          throw new Error(`MongoDB has no writable primary after ${startTimeoutMs} ms`, { cause: error });
        }
        logger.warn('MongoDB is not ready yet', { error });
        await delay(250);
      }
    }
  }

  return {
    name: 'mongodb',
    client,
    db,
    ping,
    start: waitForPrimary,
    stop: () => client.close(),
  };
}
