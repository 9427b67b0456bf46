import type { BoundConsumer } from 'service-kit/service';
import { ACCOUNTS } from '../../messaging/exchanges.ts';
import { AccountEvent } from './account-messages.ts';
import type { FollowAccounts } from './follow-accounts.ts';

export const accountEvents = (followAccounts: FollowAccounts): BoundConsumer<AccountEvent> => ({
  queue: 'game-event-service.account-events',
  bindings: [
    { exchange: ACCOUNTS, routingKey: 'account.registered' },
    { exchange: ACCOUNTS, routingKey: 'account.upgraded' },
    { exchange: ACCOUNTS, routingKey: 'account.status-changed' },
    { exchange: ACCOUNTS, routingKey: 'account.roles-changed' },
  ],
  schema: AccountEvent,
  handleBatch: followAccounts,
});
