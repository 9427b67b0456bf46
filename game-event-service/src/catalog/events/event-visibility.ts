import type { Identity } from 'service-kit/identity';
import { isStaff } from '../../http/is-staff.ts';
import { eventAt, PUBLIC_STATUSES, type EventRules } from './event.ts';

const isPublic = new Set<string>(PUBLIC_STATUSES);

/** Staff see every event, players those that are active or ended. */
export function isVisibleTo(
  identity: Pick<Identity, 'roles'>,
  event: Pick<EventRules, 'status' | 'startsAt' | 'endsAt'>,
  now: Date,
): boolean {
  return isStaff(identity) || isPublic.has(eventAt(event, now).status);
}
