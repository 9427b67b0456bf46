import type { Caller, RequestOrigin } from 'service-kit/audit';
import type { Audit } from '../audit/audit.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import type { AuthenticateClient, ClientCredentials } from './authenticate-client.ts';
import type { ClientStore } from './client-store.ts';
import type { Clock } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import type { Revoke } from '../sessions/revoke.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { RefreshTokens } from '../sessions/refresh-token.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { CheckAccessToken } from '../tokens/check-access-token.ts';
import type { Transact } from '../database/transact.ts';

/**
 * @param credentials of the client that asks; undefined for a public one
 * @throws refusals `invalid_client`, and `unauthorized_client` for the token of another client
 */
export type RevokeToken = (
  token: string,
  credentials: ClientCredentials | undefined,
  origin: RequestOrigin,
) => Promise<void>;

export interface RevokeTokenDeps {
  clients: Pick<ClientStore, 'raiseTokenVersion'>;
  sessions: Pick<SessionStore, 'find'>;
  refreshTokens: Pick<RefreshTokens, 'read'>;
  checkAccessToken: CheckAccessToken;
  authenticateClient: AuthenticateClient;
  endSessions: EndSessions;
  revoke: Revoke;
  audit: Pick<Audit, 'done'>;
  transact: Transact;
  clock: Clock;
}

/**
 * Ends what a token stands for (RFC 7009). Tokens of accounts are issued to public clients, which have nothing to
 * authenticate themselves with: who holds one may end its session, and a service client gains nothing from its
 * credentials there. The token of a service client is ended by that client alone, and all its access tokens with it,
 * because they have no sessions that could tell them apart. A token that is unknown, expired or ended is no error.
 */
export function revokeToken(deps: RevokeTokenDeps): RevokeToken {
  const { clients, sessions, refreshTokens, checkAccessToken, authenticateClient } = deps;
  const { endSessions, revoke, audit, transact, clock } = deps;

  async function endSession(id: string, accountId: string, by: Caller): Promise<void> {
    const { traceparent } = by.origin;
    const ending = { id, accountId, because: 'token_revoked', traceparent } as const;
    await transact(async (tx) => {
      await endSessions.one(ending, tx);
      await audit.done({ action: 'revoke-token', by, accountId, details: { sessionId: id } }, tx);
    });
  }

  async function endTokensOf(clientId: string, by: Caller): Promise<void> {
    await transact(async (tx) => {
      const minVersion = await clients.raiseTokenVersion(clientId, tx.session);
      if (minVersion === undefined) return;
      await revoke({ accountId: clientId, minVersion }, tx, by.origin.traceparent);
      await audit.done({ action: 'revoke-token', by, clientId }, tx);
    });
  }

  return async (text, credentials, origin) => {
    const client = credentials && (await authenticateClient(credentials, origin));
    const by: Caller = { ...somebodyAt(origin), ...(client && { kind: 'client', id: client.id }) };
    const refresh = refreshTokens.read(text);
    if (refresh) {
      const session = await sessions.find(refresh.sessionId);
      if (session) await endSession(session.id, session.accountId, by);
      return;
    }
    const token = checkAccessToken(text, clock());
    if (!token) return;
    if (token.of === 'account') {
      await endSession(token.sessionId, token.accountId, by);
      return;
    }
    if (!client)
      throw refusal('invalid_client', 'The client that the token belongs to has to authenticate itself');
    if (client.id !== token.clientId) {
      throw refusal('unauthorized_client', 'The token belongs to another client');
    }
    // A token that has ended already ends no others.
    if (token.tokenVersion >= client.tokenVersion) await endTokensOf(client.id, by);
  };
}
