import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis, type RedisConnection } from '../src/redis/index.ts';
import { cuttableLink, recordingLogger, servers, unique, type CuttableLink } from './servers.ts';

let link: CuttableLink;
let redis: RedisConnection;
const { logger, lines } = recordingLogger();

beforeEach(async () => {
  link = await cuttableLink(servers.redis);
  redis = connectRedis({ url: link.url, name: 'test', logger });
});
afterEach(async () => {
  await redis.stop();
  await link.close();
});

describe('connectRedis', () => {
  it('starts without Redis, fails commands at once, and connects when Redis is available', async () => {
    link.breakOff();
    await redis.start();
    await expect(redis.client.get('x')).rejects.toThrow();
    await expect(redis.ping()).rejects.toThrow();
    link.mend();
    await expect
      .poll(
        () =>
          redis.ping().then(
            () => 'here',
            () => 'away',
          ),
        { timeout: 10_000 },
      )
      .toBe('here');
  });

  it('logs once that Redis is unavailable, and once that it is available again', async () => {
    await redis.start();
    lines.length = 0;
    link.breakOff();
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBeGreaterThan(0);
    link.mend();
    await expect
      .poll(() => lines.map(({ message }) => message), { timeout: 10_000 })
      .toEqual(['Redis unavailable', 'Redis available again']);
  });

  it('treats a connected Redis that does not answer as unavailable', async () => {
    await redis.start();
    await redis.ping();
    link.freeze();
    await expect(redis.ping()).rejects.toThrow('Redis does not answer');
    link.thaw();
    await redis.ping();
  });

  it('receives its channels again after a lost connection', async () => {
    const channel = unique('channel');
    const heard: string[] = [];
    redis.subscribe(channel, (message) => heard.push(message));
    await redis.start();
    await redis.client.publish(channel, 'before');
    await expect.poll(() => heard).toContain('before');
    link.cut();
    await expect
      .poll(
        async () => {
          await redis.client.publish(channel, 'after').catch(() => undefined);
          return heard.includes('after');
        },
        { timeout: 10_000 },
      )
      .toBe(true);
  });
});
