import type { Db, MongoClient } from 'mongodb';
import { createAuditTrail } from 'service-kit/audit';
import type { Logger } from 'service-kit/logging';
import { createIdempotencyKeys } from 'service-kit/mongo';
import { createAccountStore } from './accounts/account-store.ts';
import { createClientStore } from './clients/client-store.ts';
import { createEntitlementStore } from './entitlements/entitlement-store.ts';
import { createOrderStore } from './entitlements/order-store.ts';
import { createDeviceStore } from './guests/device-store.ts';
import { createPasswordResetStore } from './password-resets/password-reset-store.ts';
import { createRevocationStore } from './revocations/revocation-store.ts';
import { createEndedSessionStore } from './sessions/ended-session-store.ts';
import { createSessionStore } from './sessions/session-store.ts';
import { signingKeyIndexes } from './tokens/signing-key-store.ts';

/** Makes the indexes that are missing. It needs the database alone, so a deployment can do it without any secret. */
export async function ensureIndexes(where: { client: MongoClient; db: Db; logger: Logger }): Promise<void> {
  const { db } = where;
  const stores = [
    createIdempotencyKeys({ db }),
    createAccountStore(db),
    createDeviceStore(db),
    createPasswordResetStore(db),
    createSessionStore(db),
    createEndedSessionStore(db),
    createClientStore(db),
    createRevocationStore(db),
    signingKeyIndexes(db),
    createEntitlementStore(db),
    createOrderStore(db),
    createAuditTrail(where),
  ];
  // One after the other: making indexes locks the catalogue.
  for (const store of stores) await store.ensureIndexes();
}
