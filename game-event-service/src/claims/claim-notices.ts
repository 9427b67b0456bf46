import type { Logger } from 'service-kit/logging';
import type { RedisConnection } from 'service-kit/redis';
import { z } from 'zod';
import type { ClaimWaiter } from './claim-waiter.ts';
import type { Settlement } from './decide-settlements.ts';

const CHANNEL = 'game-event-service:claims-settled';
const ClaimIds = z.array(z.string());

/** Tells every instance which claims have been settled, so that none has to ask all the time. */
export interface ClaimNotices {
  announce: (settled: readonly Settlement[], completedAt: Date) => void;
}

/** What waits here knows the outcome from the settlement itself; other instances are told to read these claims. */
export function createClaimNotices(
  redis: RedisConnection,
  waiter: Pick<ClaimWaiter, 'notice' | 'settle'>,
  logger: Logger,
): ClaimNotices {
  redis.subscribe(CHANNEL, (message) => {
    const claimIds = ClaimIds.safeParse(jsonOf(message));
    if (claimIds.success) waiter.notice(claimIds.data);
  });

  return {
    announce: (settled, completedAt) => {
      if (settled.length === 0) return;
      waiter.settle(settled, completedAt);
      const claimIds = settled.map(({ claimId }) => claimId);
      redis.client.publish(CHANNEL, JSON.stringify(claimIds)).catch((error: unknown) => {
        logger.debug('Other instances were not told about settled claims', { error });
      });
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
