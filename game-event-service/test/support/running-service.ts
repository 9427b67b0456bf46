import { MongoClient, type Db } from 'mongodb';
import { Writable } from 'node:stream';
import { createLogger } from 'service-kit/logging';
import { loadConfig } from '../../src/config.ts';
import { buildService } from '../../src/service.ts';
import { createCaller, type Caller } from './caller.ts';
import { environment } from './environment.ts';

export interface RunningService extends AsyncDisposable {
  call: Caller;
  /** The API; of a worker, which has none, the admin port. */
  url: string;
  adminUrl: string;
  /** What it has logged, a line each. */
  logs: string[];
  /** For looking at what was stored, and at nothing else. */
  db: Db;
  /** Moves the service's clock on. */
  advance(ms: number): void;
  /** Stops this instance and leaves its database. */
  stop(): Promise<void>;
}

/** Starts a service; with `beside`, as another instance on the same database. */
export async function startService(
  options: { env?: Record<string, string>; beside?: RunningService } = {},
): Promise<RunningService> {
  const { env, beside } = options;
  const config = loadConfig(
    environment({ ...(beside && { MONGODB_DATABASE: beside.db.databaseName }), ...env }),
  );
  const logs: string[] = [];
  const destination = new Writable({
    write: (line, _, done) => {
      logs.push(String(line));
      done();
    },
  });
  const logger = createLogger({ service: 'game-event-service', level: config.logLevel, destination });
  let offset = 0;
  const { lifecycle, http, admin } = buildService(config, {
    logger,
    clock: () => new Date(Date.now() + offset),
  });
  await lifecycle.start();
  const client = await MongoClient.connect(config.mongo.url);
  const db = client.db(config.mongo.database);
  const adminUrl = `http://127.0.0.1:${admin.address().port}`;
  const url = config.role === 'worker' ? adminUrl : `http://127.0.0.1:${http.address().port}`;

  return {
    url,
    adminUrl,
    db,
    logs,
    call: createCaller(url),
    advance: (ms) => {
      offset += ms;
    },
    stop: () => lifecycle.stop(),
    [Symbol.asyncDispose]: async () => {
      await lifecycle.stop();
      if (!beside) await db.dropDatabase();
      await client.close();
    },
  };
}
