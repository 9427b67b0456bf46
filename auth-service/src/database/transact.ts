import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact as KitTransact, Transaction as KitTransaction } from 'service-kit/mongo';

/** Changes state and sends messages in one transaction. */
export type Transact = KitTransact<OutgoingMessage>;
export type Transaction = KitTransaction<OutgoingMessage>;
