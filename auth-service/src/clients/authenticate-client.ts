import type { Clock } from '../clock.ts';
import { refusal } from '../refusal.ts';
import { matchesSecret } from './client-secret.ts';
import type { ClientStore } from './client-store.ts';
import { validHashes, type ServiceClient } from './client.ts';

/** What a client says it is. */
export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
}

/** @throws refusal `invalid_client`, the same at the same cost for an unknown client and for a wrong secret */
export type AuthenticateClient = (credentials: ClientCredentials) => Promise<ServiceClient>;

export function authenticateClient(dependencies: {
  clients: Pick<ClientStore, 'find'>;
  clock: Clock;
}): AuthenticateClient {
  const { clients, clock } = dependencies;

  return async ({ clientId, clientSecret }) => {
    const client = await clients.find(clientId);
    const matches = matchesSecret(clientSecret, validHashes(client, clock()));
    if (!client || !matches) throw refusal('invalid_client');
    return client;
  };
}
