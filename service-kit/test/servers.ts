import { MongoClient, type Db } from 'mongodb';
import { randomBytes } from 'node:crypto';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { createLogger, type Logger } from '../src/logging/index.ts';

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration tests need real servers`);
  return value;
}

export const servers = {
  mongodb: required('MONGODB_URL'),
  redis: required('REDIS_URL'),
  rabbitmq: required('RABBITMQ_URL'),
};

export const unique = (prefix: string): string => `${prefix}-${randomBytes(6).toString('hex')}`;

export interface TestDatabase {
  client: MongoClient;
  db: Db;
  drop(): Promise<void>;
}

export async function openDatabase(): Promise<TestDatabase> {
  const client = new MongoClient(servers.mongodb, { writeConcern: { w: 'majority' }, ignoreUndefined: true });
  const db = client.db(unique('kit'));
  return {
    client,
    db,
    drop: async () => {
      await db.dropDatabase();
      await client.close();
    },
  };
}

/** A logger that records its lines for a test. */
export function recordingLogger(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of chunk.toString().split('\n').filter(Boolean)) {
        lines.push(JSON.parse(line) as Record<string, unknown>);
      }
      done();
    },
  });
  return { logger: createLogger({ service: 'test', level: 'debug', destination }), lines };
}

export interface CuttableLink {
  url: string;
  /** Resets every connection of the link. */
  cut(): void;
  /** Refuses new connections until `mend`. */
  breakOff(): void;
  mend(): void;
  /** Stops all bytes until `thaw`, without closing connections. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** A TCP link to `target` that a test can cut, like a failing network. */
export async function cuttableLink(target: string): Promise<CuttableLink> {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  let broken = false;
  const server: Server = createServer((near) => {
    if (broken) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(Number(to.port), to.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' && address ? address.port : 0);
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: url.href,
    cut,
    breakOff: () => {
      broken = true;
      cut();
    },
    mend: () => {
      broken = false;
    },
    freeze: () => {
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
