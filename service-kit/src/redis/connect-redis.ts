import { createClient } from 'redis';
import pTimeout from 'p-timeout';
import { fullJitter, type Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';

const BACKOFF = { firstMs: 50, longestMs: 2_000 };
/** The client waits while its connection is open, and a connection to a frozen Redis stays open. */
const PING_WITHIN_MS = 500;

export interface RedisOptions {
  url: string;
  /** Name of the connection in `CLIENT LIST`. */
  name: string;
  logger: Logger;
  /** How long `start` waits for the first connection, in milliseconds. Default 2,000. */
  startTimeoutMs?: number;
}

export type RedisClient = ReturnType<typeof clientFor>;

export interface RedisConnection extends Component {
  client: RedisClient;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Rejects while Redis is unavailable, or does not answer within half a second. */
  ping(): Promise<void>;
  /** Calls `onMessage` for each message on `channel`, also after reconnects. Call it before `start`. */
  subscribe(channel: string, onMessage: (message: string) => void): void;
}

/**
 * Prepares a connection to Redis that a service can do without: commands fail at once while Redis is unavailable, the
 * client reconnects by itself, and `start` never fails.
 */
export function connectRedis(options: RedisOptions): RedisConnection {
  const { logger, startTimeoutMs = 2_000 } = options;
  const client = clientFor(options.url, options.name);
  const subscriber = clientFor(options.url, `${options.name}:subscriber`);
  const subscriptions = new Map<string, (message: string) => void>();
  const clients = (): RedisClient[] => (subscriptions.size > 0 ? [client, subscriber] : [client]);

  reportState(client, logger);
  subscriber.on('error', () => undefined); // The same outage, already reported by the other client.
  subscriber.once('ready', () => {
    for (const [channel, onMessage] of subscriptions) {
      subscriber.subscribe(channel, onMessage).catch((error: unknown) => {
        logger.warn('Redis subscription failed', { channel, error });
      });
    }
  });

  return {
    name: 'redis',
    client,
    subscribe: (channel, onMessage) => void subscriptions.set(channel, onMessage),
    ping: async () => {
      await pTimeout(client.ping(), { milliseconds: PING_WITHIN_MS, message: 'Redis does not answer' });
    },
    start: async () => {
      const connected = Promise.all(clients().map((each) => each.connect()));
      connected.catch((error: unknown) => logger.warn('Redis connection ended', { error }));
      await pTimeout(connected, { milliseconds: startTimeoutMs, fallback: () => undefined });
    },
    stop: async () => {
      await Promise.all(clients().map(closeQuietly));
    },
  };
}

function clientFor(url: string, name: string) {
  return createClient({
    url,
    name,
    disableOfflineQueue: true,
    pingInterval: 10_000,
    commandOptions: { timeout: 1_000 },
    socket: {
      connectTimeout: 2_000,
      reconnectStrategy: (retries) => fullJitter(retries, BACKOFF),
    },
  });
}

/** Logs one line when Redis becomes unavailable and one when it is available again. */
function reportState(client: RedisClient, logger: Logger): void {
  let isUnavailable = false;
  client.on('error', (error: unknown) => {
    if (!isUnavailable) logger.warn('Redis unavailable', { error });
    isUnavailable = true;
  });
  client.on('ready', () => {
    if (isUnavailable) logger.info('Redis available again');
    isUnavailable = false;
  });
}

async function closeQuietly(client: RedisClient): Promise<void> {
  if (client.isReady) await client.close();
  else if (client.isOpen) client.destroy();
}
