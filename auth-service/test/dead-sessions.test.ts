import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, logIn, refresh, register, type Player } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

const redis = createClient({ url: process.env['REDIS_URL'] ?? '' });
let system: System | undefined;

beforeAll(() => redis.connect());
afterAll(() => redis.close());
afterEach(async () => {
  await system?.stop();
  system = undefined;
});

const logOut = (running: System, who: Player) => running.call('POST', '/v1/auth/logout', { as: who.as });
const keyOf = (who: Player): string => `dead-session:${who.as.sessionId}`;

describe('sessions that have ended', () => {
  it('are known in Redis, and asked of the database when it forgot', async () => {
    system = await startSystem();
    const player = await register(system);
    await logOut(system, player);
    await eventually(async () => expect(await redis.exists(keyOf(player))).toBe(1));
    expect(await redis.ttl(keyOf(player))).toBeGreaterThan(0);

    await redis.del(keyOf(player));

    expect((await refresh(system, player.tokens.refreshToken)).status).toBe(401);
  });

  it('are refused without a read of the database while Redis knows them', async () => {
    system = await startSystem();
    const player = await register(system);
    await redis.set(keyOf(player), '1');
    // The head of a live session still passes: only the database says what is alive.
    const { tokens } = await refresh(system, player.tokens.refreshToken);

    expect((await refresh(system, player.tokens.refreshToken)).status).toBe(401);
    // Had the database been asked, the first token would have been a repetition and got its successor.
    expect((await refresh(system, tokens?.refreshToken ?? '')).status).toBe(200);
  });

  it('stay dead, and the others alive, with Redis away', async () => {
    system = await startSystem({ instances: 2, env: { REDIS_URL: 'redis://127.0.0.1:1' } });
    const [gone, here] = [await register(system), await register(system)];
    const other = await logIn(system, here.username);
    await logOut(system, gone);

    expect(await isAlive(system, gone)).toBe(false);
    expect(await isAlive(system, here)).toBe(true);
    expect(await isAlive(system, other)).toBe(true);
  });
});
