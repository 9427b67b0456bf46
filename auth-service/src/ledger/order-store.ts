import type { ClientSession, Db, WithId } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import type { OrderDecision } from './order-decision.ts';

type WithoutId<Decision> = Decision extends OrderDecision ? Omit<Decision, 'orderId'> : never;
type OrderDocument = WithoutId<OrderDecision> & {
  _id: string;
  /** A decision without it is kept for ever. */
  expiresAt?: Date;
};

export interface OrderStore {
  /** Decisions about these orders, by order id. */
  decisionsOn(orderIds: readonly string[], session: ClientSession): Promise<Map<string, OrderDecision>>;
  insert(decisions: readonly OrderDecision[], session: ClientSession): Promise<void>;
}

const REFUSAL_RETENTION_MS = 24 * 60 * 60_000;

export const orderIndexes: IndexSpec[] = [
  { collection: 'ledgerOrders', indexes: [{ key: { expiresAt: 1 }, expireAfterSeconds: 0, sparse: true }] },
];

export function createOrderStore(db: Db): OrderStore {
  const orders = db.collection<OrderDocument>('ledgerOrders');

  return {
    decisionsOn: async (orderIds, session) => {
      const found = await orders.find({ _id: { $in: [...orderIds] } }, { session }).toArray();
      return new Map(found.map((document) => [document._id, toDecision(document)]));
    },
    insert: async (decisions, session) => {
      if (decisions.length > 0) await orders.insertMany(decisions.map(documentOf), { session });
    },
  };
}

function documentOf({ orderId, ...decision }: OrderDecision): OrderDocument {
  const expiresAt = new Date(decision.decidedAt.getTime() + REFUSAL_RETENTION_MS);
  return { _id: orderId, ...decision, ...(decision.outcome === 'refused' && { expiresAt }) };
}

function toDecision({ _id, expiresAt: _expiresAt, ...decision }: WithId<OrderDocument>): OrderDecision {
  return { orderId: _id, ...decision };
}
