import type { RequestOrigin } from 'service-kit/audit';
import type { Audited } from '../audit/audit.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import type { Clock } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import { matchesSecret } from './client-secret.ts';
import type { ClientStore } from './client-store.ts';
import { validHashes, type ServiceClient } from './client.ts';

/** What a client says it is. */
export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
}

/**
 * Successes are not recorded, as the tokens that they lead to say it; refusals are.
 *
 * @throws refusal `invalid_client`, the same at the same cost for an unknown client and for a wrong secret
 */
export type AuthenticateClient = (
  credentials: ClientCredentials,
  origin: RequestOrigin,
) => Promise<ServiceClient>;

export function authenticateClient(deps: {
  clients: Pick<ClientStore, 'find'>;
  audited: Audited;
  clock: Clock;
}): AuthenticateClient {
  const { clients, audited, clock } = deps;

  return async ({ clientId, clientSecret }, origin) => {
    const client = await clients.find(clientId);
    // Only the id of an existing client is recorded. Anything else may be a secret that was typed in the wrong field.
    const attempt = { action: 'authenticate-client', by: somebodyAt(origin), clientId: client?.id } as const;
    return await audited(attempt, async () => {
      const matches = matchesSecret(clientSecret, validHashes(client, clock()));
      if (!client || !matches) throw refusal('invalid_client');
      return client;
    });
  };
}
