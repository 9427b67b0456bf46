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

export type CreateClient = (given: { name: string; scopes: readonly Scope[] }) => Promise<ClientWithSecret>;

export interface CreateClientDependencies {
  clients: Pick<ClientStore, 'insert'>;
  transact: Transact;
  makeId: MakeId;
  clock: Clock;
}

export function createClient(dependencies: CreateClientDependencies): CreateClient {
  const { clients, transact, makeId, clock } = dependencies;

  return async ({ name, scopes }) => {
    const secret = newClientSecret();
    const secretHash = hashOfSecret(secret);
    const client = openClient({ id: makeId('cli'), name, scopes, secretHash }, clock());
    await transact((tx) => clients.insert(client, tx.session));
    return { client, secret };
  };
}
