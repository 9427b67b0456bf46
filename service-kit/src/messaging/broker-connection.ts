import amqp, { type Channel, type ChannelModel, type Options, type RecoveringChannelModel } from 'amqplib';
import pTimeout from 'p-timeout';
import { setTimeout as delay } from 'node:timers/promises';
import { fullJitter } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { declareTopology, type Topology } from './topology.ts';

export interface BrokerConnectionOptions {
  /** AMQP URLs of the nodes, tried in turn. Their queries may set heartbeat and frame size. */
  urls: readonly string[];
  /** The broker shows it, for example `auth-service:publish`. */
  name: string;
  /** Declared again after every connect. */
  topology: Topology;
  logger: Logger;
}

export interface BrokerConnection {
  /** Begins to connect, and retries until `close`. Resolves when connected, or after `waitMs`. */
  open(waitMs: number): Promise<void>;
  close(): Promise<void>;
  isOpen(): boolean;
  /** True while the broker blocks publishers (memory or disk alarm). */
  isBlocked(): boolean;
  onUnblocked(listener: () => void): void;
  /**
   * Keeps one channel open until `signal` is aborted: calls `open` to make it and `use` with it, and makes the next one
   * when it closes.
   */
  keepChannel<Kept extends Channel>(
    open: (connection: RecoveringChannelModel) => Promise<Kept>,
    use: (channel: Kept) => Promise<void> | void,
    signal: AbortSignal,
  ): Promise<void>;
}

const HEARTBEAT_SECONDS = 10;
const CONNECT_TIMEOUT_MS = 5_000;
const BACKOFF = { firstMs: 100, longestMs: 5_000 };

/** One connection to the broker. It reconnects by itself (amqplib's `recovery`) and declares its topology again. */
export function createBrokerConnection(options: BrokerConnectionOptions): BrokerConnection {
  const { name, topology, logger } = options;
  let connection: RecoveringChannelModel | undefined;
  let isOpen = false;
  let isBlocked = false;
  let failing = false;
  const unblockedListeners: (() => void)[] = [];
  const nodes = createNodes(options.urls);

  async function connect(): Promise<RecoveringChannelModel> {
    const model = await amqp.connect(nodes.current, {
      timeout: CONNECT_TIMEOUT_MS,
      noDelay: true,
      clientProperties: { connection_name: name },
      recovery: {
        waitForConnect: false,
        initialDelay: BACKOFF.firstMs,
        maxDelay: BACKOFF.longestMs,
        jitter: 0.5,
        setup: async (fresh: ChannelModel) => {
          // Until recovery has added its own listeners, an `error` without a listener would end the process.
          fresh.on('error', () => undefined);
          const channel = await fresh.createChannel();
          channel.on('error', () => undefined);
          await declareTopology(channel, topology);
          await channel.close();
        },
      },
    });
    model.on('connect', () => {
      if (failing) logger.info('RabbitMQ available again', { connection: name });
      isOpen = true;
      failing = false;
    });
    const lost = (error: Error): void => {
      if (!failing) logger.warn('RabbitMQ unavailable', { connection: name, error });
      isOpen = false;
      isBlocked = false;
      failing = true;
      nodes.advance();
    };
    model.on('connect-failed', lost);
    model.on('disconnect', lost);
    model.on('error', () => undefined); // A `disconnect` follows.
    model.on('blocked', (reason: string) => {
      logger.warn('RabbitMQ blocks publishers', { connection: name, reason });
      isBlocked = true;
    });
    model.on('unblocked', () => {
      isBlocked = false;
      for (const listener of unblockedListeners) listener();
    });
    return model;
  }

  async function keepChannel<Kept extends Channel>(
    open: (connection: RecoveringChannelModel) => Promise<Kept>,
    use: (channel: Kept) => Promise<void> | void,
    signal: AbortSignal,
  ): Promise<void> {
    let failures = 0;
    while (!signal.aborted && connection) {
      const openedAt = Date.now();
      try {
        const channel = await unlessAborted(open(connection), signal);
        const closed = new Promise<void>((resolve) => channel.once('close', resolve));
        channel.on('error', (error) => logger.warn('Channel failed', { connection: name, error }));
        try {
          await use(channel);
          await closed;
        } catch (error) {
          await channel.close().catch(() => undefined);
          throw error;
        }
      } catch (error) {
        if (!signal.aborted) logger.warn('Channel not opened', { connection: name, error });
      }
      if (Date.now() - openedAt > BACKOFF.longestMs) failures = 0;
      await delay(fullJitter(failures, BACKOFF), undefined, { signal }).catch(() => undefined);
      failures += 1;
    }
  }

  return {
    open: async (waitMs) => {
      connection = await connect();
      if (waitMs > 0)
        await pTimeout(connection.waitForConnect(), { milliseconds: waitMs, fallback: () => undefined });
    },
    close: async () => {
      isOpen = false;
      await connection?.close();
    },
    isOpen: () => isOpen,
    isBlocked: () => isBlocked,
    onUnblocked: (listener) => void unblockedListeners.push(listener),
    keepChannel,
  };
}

/** Opening a channel may take long while the broker is unavailable. A stop does not wait for it. */
async function unlessAborted<Opened extends Channel>(
  opening: Promise<Opened>,
  signal: AbortSignal,
): Promise<Opened> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    opening.then((late) => late.close()).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

interface Nodes {
  /** amqplib reads it again at each attempt to connect. */
  current: Options.Connect;
  advance(): void;
}

/** Fail-over: the next node is tried after each failed attempt and each lost connection. */
function createNodes(urls: readonly string[]): Nodes {
  const addresses = urls.map(addressOf);
  // Instances begin with different nodes.
  let turn = Math.floor(Math.random() * addresses.length);
  const current = { ...addresses[turn] };
  return {
    current,
    advance: () => {
      turn = (turn + 1) % addresses.length;
      Object.assign(current, addresses[turn]);
    },
  };
}

function addressOf(url: string): Options.Connect {
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url);
  const vhost = pathname.slice(1);
  return {
    protocol: protocol.replace(':', ''),
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'amqps:' ? 5671 : 5672),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    vhost: vhost === '' ? '/' : vhost,
    heartbeat: Number(searchParams.get('heartbeat') ?? HEARTBEAT_SECONDS),
    frameMax: Number(searchParams.get('frameMax') ?? 131_072),
  };
}
