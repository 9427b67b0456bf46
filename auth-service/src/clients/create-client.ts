import type { Caller } from 'service-kit/audit';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { MakeId } from '../ids.ts';
import type { Transact } from '../transact.ts';
import { hashOfSecret, newClientSecret } from './client-secret.ts';
import type { ClientStore } from './client-store.ts';
import { openClient, type ServiceClient } from './client.ts';
import type { Scope } from './scope.ts';

/** A client with the secret that is shown this once. */
export interface ClientWithSecret {
  client: ServiceClient;
  secret: string;
}

export type CreateClient = (
  given: { name: string; scopes: readonly Scope[] },
  by: Caller,
) => Promise<ClientWithSecret>;

export interface CreateClientDependencies {
  clients: Pick<ClientStore, 'insert'>;
  audit: Pick<Audit, 'done'>;
  transact: Transact;
  makeId: MakeId;
  clock: Clock;
}

export function createClient(dependencies: CreateClientDependencies): CreateClient {
  const { clients, audit, transact, makeId, clock } = dependencies;

  return async ({ name, scopes }, by) => {
    const secret = newClientSecret();
    const secretHash = hashOfSecret(secret);
    const client = openClient({ id: makeId('cli'), name, scopes, secretHash }, clock());
    await transact(async (tx) => {
      await clients.insert(client, tx.session);
      const details = { scopes: [...scopes] };
      await audit.done({ action: 'create-client', by, clientId: client.id, details }, tx);
    });
    return { client, secret };
  };
}
