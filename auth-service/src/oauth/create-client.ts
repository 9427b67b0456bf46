import type { Caller } from 'service-kit/audit';
import type { Audit } from '../audit/audit.ts';
import type { Clock, NewId } from 'service-kit/service';
import type { Transact } from '../database/transact.ts';
import { hashOfSecret, newClientSecret } from './client-secret.ts';
import type { ClientStore } from './client-store.ts';
import { openClient, type ServiceClient } from './client.ts';
import type { Scope } from '../tokens/scope.ts';

/** A client with the secret that is shown this once. */
export interface ClientWithSecret {
  client: ServiceClient;
  secret: string;
}

export type CreateClient = (
  given: { name: string; scopes: readonly Scope[] },
  by: Caller,
) => Promise<ClientWithSecret>;

export interface CreateClientDeps {
  clients: Pick<ClientStore, 'insert'>;
  audit: Pick<Audit, 'done'>;
  transact: Transact;
  newId: NewId;
  clock: Clock;
}

export function createClient(deps: CreateClientDeps): CreateClient {
  const { clients, audit, transact, newId, clock } = deps;

  return async ({ name, scopes }, by) => {
    const secret = newClientSecret();
    const secretHash = hashOfSecret(secret);
    const client = openClient({ id: newId('cli'), name, scopes, secretHash }, clock());
    await transact(async (tx) => {
      await clients.insert(client, tx.session);
      const details = { scopes: [...scopes] };
      await audit.done({ action: 'create-client', by, clientId: client.id, details }, tx);
    });
    return { client, secret };
  };
}
