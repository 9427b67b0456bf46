import type { ProblemTable } from 'service-kit/http';

/** Every code of this service with its HTTP status; those of the shell are the kit's. */
export const problems = {
  account_banned: { status: 403, title: 'The account is banned' },
  staff_cannot_claim: { status: 403, title: 'Staff accounts cannot claim' },
  reward_required: { status: 400, title: 'A reward must be chosen' },
  invalid_transition: { status: 409, title: 'The event cannot change to this status' },
  event_in_use: { status: 409, title: 'The event can no longer be changed in this way' },
  event_active: { status: 409, title: 'The event cannot be changed in this way while it runs' },
  event_not_active: { status: 409, title: 'The event is not active' },
  not_an_attendance_event: { status: 409, title: 'The event has no check-ins' },
  guest_account: { status: 409, title: 'Guests take no part in invites' },
  invite_limit_reached: { status: 409, title: 'No more invites can be made today' },
  own_invite: { status: 409, title: 'The invite is one’s own' },
  invite_already_accepted: { status: 409, title: 'Another invite was accepted before' },
  account_not_known_yet: { status: 409, title: 'The account is not known here yet' },
  account_too_old: { status: 409, title: 'The account is too old' },
  invite_ring: { status: 409, title: 'The account has brought in others' },
  invite_not_valid: { status: 409, title: 'The invite is not valid any more' },
  conditions_not_met: { status: 422, title: 'The conditions are not met' },
  claim_not_granted: { status: 409, title: 'The claim is not granted' },
  cap_reached: { status: 409, title: 'The cap is reached' },
  not_a_coupon: { status: 409, title: 'The reward has no codes' },
  stock_in_use: { status: 409, title: 'The stock cannot be that low' },
  simulation_too_large: { status: 422, title: 'There is too much history to simulate' },
  out_of_stock: { status: 409, title: 'Out of stock' },
} as const satisfies ProblemTable;

export type ProblemCode = keyof typeof problems;
