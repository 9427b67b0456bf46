import { DomainError } from 'service-kit/http';
import type { GroupCommit } from 'service-kit/mongo';
import type { LedgerEntry } from './ledger.ts';
import type { Order, OrderOutcome } from './order-decision.ts';

/** @throws refusal of the order: the same each time that it is placed under its key */
export type PlaceOrder = (order: Order) => Promise<LedgerEntry>;

/** Spends or grants at once, and answers with the entry. */
export function placeOrder({
  orders,
}: {
  orders: Pick<GroupCommit<Order, OrderOutcome>, 'submit'>;
}): PlaceOrder {
  return async (order) => {
    const outcome = await orders.submit(order);
    if ('refused' in outcome) throw new DomainError(outcome.refused);
    return outcome.entry;
  };
}
