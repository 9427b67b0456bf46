import { DomainError } from 'service-kit/http';
import { changedFields } from '../events/changed-fields.ts';
import type { Condition } from '../conditions/condition.ts';
import type { EventStatus } from '../events/event.ts';
import type { Reward } from './reward.ts';

/** The fields of a reward that an operator may change; `null` removes an optional part. */
export type RewardEdit = Partial<
  Pick<Reward, 'name' | 'kind' | 'asset' | 'quantity' | 'perAccount' | 'active' | 'attributes'>
> & { condition?: Condition | null; perPeriod?: { day: number } | null };

const EDITABLE = [
  'name',
  'kind',
  'asset',
  'quantity',
  'perAccount',
  'perPeriod',
  'condition',
  'active',
  'attributes',
] as const satisfies (keyof RewardEdit)[];

const EDITABLE_WHILE_RUNNING: ReadonlySet<keyof RewardEdit> = new Set(['name', 'active', 'attributes']);

/**
 * Decides an operator's change; undefined when it changes nothing.
 *
 * @param status of its event
 * @throws {DomainError} `event_active`
 */
export function editReward(reward: Reward, edit: RewardEdit, status: EventStatus): Reward | undefined {
  const before: RewardEdit = {
    ...reward,
    condition: reward.condition ?? null,
    perPeriod: reward.perPeriod ?? null,
  };
  const after: RewardEdit = { ...before, ...edit };
  const changed = changedFields(before, after, EDITABLE);
  if (changed.length === 0) return undefined;

  const isRunning = status === 'active' || status === 'inactive';
  const kept = changed.filter((field) => isRunning && !EDITABLE_WHILE_RUNNING.has(field));
  if (kept.length > 0) {
    throw new DomainError('event_active', `${kept.join(', ')} cannot change while the event runs`);
  }
  const { condition, perPeriod, ...fields } = after;
  const { condition: _, perPeriod: __, ...others } = reward;
  return {
    ...others,
    ...fields,
    ...(condition && { condition }),
    ...(perPeriod && { perPeriod }),
    version: reward.version + 1,
  };
}
