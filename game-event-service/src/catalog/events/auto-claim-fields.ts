import { countedMetrics } from '../conditions/counted-metrics.ts';
import type { InvalidField } from '../../http/invalid-fields.ts';
import type { GameEvent } from './event.ts';

/**
 * Why claims of an event could never make themselves: that happens when something is counted for an account, and in
 * events of activity only what the condition asks for is counted.
 */
export function autoClaimFields({
  autoClaim,
  kind,
  condition,
}: Pick<GameEvent, 'autoClaim' | 'kind' | 'condition'>): InvalidField[] {
  if (!autoClaim || kind !== 'activity' || countedMetrics(condition ? [condition] : []).length > 0) return [];
  return [{ path: 'autoClaim', message: 'needs a condition on activity: nothing else prompts a claim here' }];
}
