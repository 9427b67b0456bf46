import type { Logger } from 'service-kit/logging';
import type { RememberEvent } from '../events/event-changes.ts';
import type { RuleMemory } from './rule-memory.ts';

/** What is changed here is in force here before its answer; without it that would be so within the second. */
export function rememberEvent(deps: { memory: Pick<RuleMemory, 'refresh'>; logger: Logger }): RememberEvent {
  const { memory, logger } = deps;
  return (eventId) =>
    memory.refresh([eventId]).catch((error: unknown) => {
      logger.debug('A changed event was not read at once', { eventId, error });
    });
}
