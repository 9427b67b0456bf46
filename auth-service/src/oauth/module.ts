import type { Module, Platform } from 'service-kit/service';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Audit } from '../audit/audit.ts';
import type { SessionsModule } from '../sessions/module.ts';
import type { TokensModule } from '../tokens/module.ts';
import { authenticateClient } from './authenticate-client.ts';
import { clientRoutes } from './client-routes.ts';
import { clientIndexes, createClientStore } from './client-store.ts';
import { createClient } from './create-client.ts';
import { deleteClient } from './delete-client.ts';
import { introspectToken } from './introspect-token.ts';
import { issueToken } from './issue-token.ts';
import { oauthRoutes } from './oauth-routes.ts';
import { revokeToken } from './revoke-token.ts';
import { rotateClientSecret } from './rotate-client-secret.ts';
import { serverMetadata } from './server-metadata.ts';

export interface OAuthNeeds {
  audit: Audit;
  accounts: AccountStore;
  sessions: SessionsModule;
  tokens: TokensModule;
  settings: { issuer: string; audience: string; secretOverlapMs: number };
}

/** Service clients, and the OAuth 2.0 endpoints for them and for players. */
export function createOAuth(platform: Platform, needs: OAuthNeeds): Module {
  const { db, transact, clock, newId } = platform;
  const { audit, accounts, settings } = needs;
  const { audited } = audit;
  const { sessions, refreshTokens, revoke, endSessions, logIn, refreshSession } = needs.sessions;
  const { accessTokens, checkAccessToken } = needs.tokens;
  const { issuer, audience, secretOverlapMs } = settings;
  const clients = createClientStore(db);
  const authenticate = authenticateClient({ clients, audited, clock });
  return {
    endpoints: [
      ...clientRoutes({
        clients,
        createClient: createClient({ clients, audit, transact, newId, clock }),
        rotateClientSecret: rotateClientSecret({ clients, secretOverlapMs, audited, transact, clock }),
        deleteClient: deleteClient({ clients, revoke, audited, transact }),
      }),
      ...oauthRoutes({
        authenticateClient: authenticate,
        issueToken: issueToken({
          logIn,
          refreshSession,
          authenticateClient: authenticate,
          accessTokens,
          clock,
        }),
        introspectToken: introspectToken({
          accounts,
          clients,
          sessions,
          refreshTokens,
          checkAccessToken,
          issuer,
          audience,
          clock,
        }),
        revokeToken: revokeToken({
          clients,
          sessions,
          refreshTokens,
          checkAccessToken,
          authenticateClient: authenticate,
          endSessions,
          revoke,
          audit,
          transact,
          clock,
        }),
        serverMetadata: serverMetadata(issuer),
      }),
    ],
    indexes: clientIndexes,
  };
}
