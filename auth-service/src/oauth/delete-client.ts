import type { Caller } from 'service-kit/audit';
import type { Audited } from '../audit/audit.ts';
import { refusal } from '../http/refusal.ts';
import type { Revoke } from '../sessions/revoke.ts';
import type { Transact } from '../database/transact.ts';
import type { ClientStore } from './client-store.ts';

/** @throws refusal `client_not_found` */
export type DeleteClient = (clientId: string, by: Caller) => Promise<void>;

export interface DeleteClientDeps {
  clients: Pick<ClientStore, 'remove'>;
  revoke: Revoke;
  audited: Audited;
  transact: Transact;
}

/** Removes a client; its access tokens end. */
export function deleteClient(deps: DeleteClientDeps): DeleteClient {
  const { clients, revoke, audited, transact } = deps;

  return (clientId, by) =>
    audited({ action: 'delete-client', by, clientId }, (done) =>
      transact(async (tx) => {
        const removed = await clients.remove(clientId, tx.session);
        if (!removed) throw refusal('client_not_found');
        const minVersion = removed.tokenVersion + 1;
        await revoke({ accountId: clientId, minVersion }, tx, by.origin.traceparent);
        await done(tx);
      }),
    );
}
