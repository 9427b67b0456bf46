import type { RedisClient } from 'service-kit/redis';

/**
 * Sessions that have ended, in Redis for speed: a client that keeps sending a dead refresh token is answered without a
 * read of the database. A dead session stays dead, so an entry here is never wrong. A missing entry is read from the
 * database.
 */
export interface DeadSessions {
  remember(sessionIds: readonly string[]): Promise<void>;
  /** @returns true only for a session that has ended */
  has(sessionId: string): Promise<boolean>;
}

const key = (sessionId: string): string => `dead-session:${sessionId}`;

/** Bounds what is kept; the database remembers for longer. */
const REMEMBERED_SECONDS = 3_600;

export function createDeadSessions(redis: RedisClient): DeadSessions {
  return {
    remember: async (sessionIds) => {
      const expiration = { type: 'EX', value: REMEMBERED_SECONDS } as const;
      await Promise.all(sessionIds.map((id) => redis.set(key(id), '1', { expiration })));
    },
    has: async (sessionId) => (await redis.exists(key(sessionId)).catch(() => 0)) === 1,
  };
}
