import { refusal } from '../refusal.ts';
import type { Revoke } from '../revocations/revoke.ts';
import type { Transact } from '../transact.ts';
import type { ClientStore } from './client-store.ts';

/** @throws refusal `client_not_found` */
export type DeleteClient = (clientId: string, traceparent: string) => Promise<void>;

export interface DeleteClientDependencies {
  clients: Pick<ClientStore, 'remove'>;
  revoke: Revoke;
  transact: Transact;
}

/** Removes a client; its access tokens end. */
export function deleteClient({ clients, revoke, transact }: DeleteClientDependencies): DeleteClient {
  return (clientId, traceparent) =>
    transact(async (tx) => {
      const removed = await clients.remove(clientId, tx.session);
      if (!removed) throw refusal('client_not_found');
      await revoke({ accountId: clientId, minVersion: removed.tokenVersion + 1 }, tx, traceparent);
    });
}
