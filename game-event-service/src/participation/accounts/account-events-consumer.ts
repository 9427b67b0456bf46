import type { Consumer } from 'service-kit/messaging';
import { ACCOUNT_EVENTS } from '../../messaging/topology.ts';
import { AccountEvent } from './account-messages.ts';
import type { FollowAccounts } from './follow-accounts.ts';

export const accountEvents = (followAccounts: FollowAccounts): Consumer<AccountEvent> => ({
  queue: ACCOUNT_EVENTS,
  schema: AccountEvent,
  handleBatch: followAccounts,
});
