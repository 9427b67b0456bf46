import type { Logger } from 'service-kit/logging';
import type { RefreshRules } from '../events/event-changes.ts';
import type { RuleCache } from './rule-cache.ts';

/** A change is in force on this instance before its answer. Without this call it would be within a second. */
export function refreshRules(deps: { cache: Pick<RuleCache, 'refresh'>; logger: Logger }): RefreshRules {
  const { cache, logger } = deps;
  return (eventId) =>
    cache.refresh([eventId]).catch((error: unknown) => {
      logger.debug('A changed event was not read at once', { eventId, error });
    });
}
