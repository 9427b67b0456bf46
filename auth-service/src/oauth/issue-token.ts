import type { RequestOrigin } from 'service-kit/audit';
import { DomainError } from 'service-kit/http';
import type { AuthenticateClient, ClientCredentials } from './authenticate-client.ts';
import type { ServiceClient } from './client.ts';
import type { Scope } from '../tokens/scope.ts';
import type { Clock } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import type { LogIn } from '../sessions/log-in.ts';
import type { RefreshSession } from '../sessions/refresh-session.ts';
import type { Tokens } from '../sessions/session-issuer.ts';
import type { AccessTokens } from '../tokens/access-token.ts';

export const grantTypes = ['password', 'refresh_token', 'client_credentials'] as const;
type GrantType = (typeof grantTypes)[number];

/** The parameters of a token request (RFC 6749), as far as a grant type needs them. */
export interface TokenRequest {
  grant_type?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
  refresh_token?: string | undefined;
  scope?: string | undefined;
}

/** RFC 6749, section 5.1. */
export interface IssuedToken {
  access_token: string;
  token_type: 'Bearer';
  /** Seconds. */
  expires_in: number;
  refresh_token?: string;
  scope?: string;
}

/** @param credentials of the client that asks; undefined for a public one */
export type IssueToken = (
  request: TokenRequest,
  credentials: ClientCredentials | undefined,
  origin: RequestOrigin,
) => Promise<IssuedToken>;

export interface IssueTokenDeps {
  logIn: LogIn;
  refreshSession: RefreshSession;
  authenticateClient: AuthenticateClient;
  accessTokens: AccessTokens;
  clock: Clock;
}

/**
 * Issues tokens to players through public clients, by the same rules as login and refresh, and to service clients in
 * their own name. A grant type is for one of the two kinds only.
 */
export function issueToken(deps: IssueTokenDeps): IssueToken {
  const { logIn, refreshSession, authenticateClient, accessTokens, clock } = deps;

  function issueToClient(client: ServiceClient, scope: string | undefined): IssuedToken {
    const scopes = grantedScopes(client, scope);
    return {
      access_token: accessTokens.signForClient(client, scopes, clock()),
      token_type: 'Bearer',
      expires_in: accessTokens.ttlSeconds,
      scope: scopes.join(' '),
    };
  }

  async function issueToAccount(
    request: TokenRequest,
    grant: GrantType,
    origin: RequestOrigin,
  ): Promise<Tokens> {
    if (request.scope !== undefined) throw refusal('invalid_scope', 'Accounts hold roles, and no scopes');
    if (grant === 'refresh_token') return refreshSession(needed(request, 'refresh_token'), origin);
    const username = needed(request, 'username');
    return (await logIn({ username, password: needed(request, 'password') }, origin)).tokens;
  }

  return async (request, credentials, origin) => {
    const grant = grantIn(request);
    const client = credentials && (await authenticateClient(credentials, origin));
    if (grant === 'client_credentials') {
      if (!client) throw refusal('invalid_client', 'A service client has to authenticate itself');
      return issueToClient(client, request.scope);
    }
    if (client) throw refusal('unauthorized_client', 'A service client acts in its own name alone');
    const { accessToken, refreshToken, tokenType, expiresIn } = await issueToAccount(request, grant, origin);
    return {
      access_token: accessToken,
      token_type: tokenType,
      expires_in: expiresIn,
      refresh_token: refreshToken,
    };
  };
}

function grantIn(request: TokenRequest): GrantType {
  const given = needed(request, 'grant_type');
  const grant = grantTypes.find((each) => each === given);
  if (!grant) throw refusal('unsupported_grant_type');
  return grant;
}

function needed(request: TokenRequest, name: keyof TokenRequest): string {
  const value = request[name];
  if (value === undefined) throw new DomainError('invalid_request', `${name} is missing`);
  return value;
}

/** What is asked for, or all that the client holds. */
function grantedScopes(client: ServiceClient, asked: string | undefined): Scope[] {
  if (asked === undefined) return [...client.scopes];
  const names = new Set(asked.split(' '));
  const granted = client.scopes.filter((scope) => names.has(scope));
  if (granted.length < names.size)
    throw refusal('invalid_scope', 'The client does not hold every scope that it asks for');
  return granted;
}
