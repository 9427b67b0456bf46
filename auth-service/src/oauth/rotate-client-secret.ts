import type { Caller } from 'service-kit/audit';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import type { Transact } from '../database/transact.ts';
import { hashOfSecret, newClientSecret } from './client-secret.ts';
import type { ClientStore } from './client-store.ts';
import { rotateSecret } from './client.ts';
import type { ClientWithSecret } from './create-client.ts';

/** @throws refusal `client_not_found` */
export type RotateClientSecret = (clientId: string, by: Caller) => Promise<ClientWithSecret>;

export interface RotateClientSecretDeps {
  clients: Pick<ClientStore, 'find' | 'update'>;
  /** How long the secret before stays good, in milliseconds. */
  secretOverlapMs: number;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

export function rotateClientSecret(deps: RotateClientSecretDeps): RotateClientSecret {
  const { clients, secretOverlapMs, audited, transact, clock } = deps;

  return async (clientId, by) => {
    const secret = newClientSecret();
    const client = await audited({ action: 'rotate-client-secret', by, clientId }, (done) =>
      transact(async (tx) => {
        const found = await clients.find(clientId, tx.session);
        if (!found) throw refusal('client_not_found');
        const rotated = rotateSecret(found, hashOfSecret(secret), secretOverlapMs, clock());
        await clients.update(rotated, tx.session);
        await done(tx);
        return rotated;
      }),
    );
    return { client, secret };
  };
}
