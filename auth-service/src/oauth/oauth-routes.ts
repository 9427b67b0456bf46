import { originOf } from 'service-kit/audit';
import { defineEndpoint, DomainError, reply, type Endpoint } from 'service-kit/http';
import type { AuthenticateClient } from './authenticate-client.ts';
import { refusal } from '../http/refusal.ts';
import type { IntrospectToken } from './introspect-token.ts';
import type { IssueToken } from './issue-token.ts';
import { OAUTH_HEADERS, oauthRefusals } from './oauth-error.ts';
import {
  IntrospectBody,
  IntrospectionView,
  IssuedTokenView,
  MetadataView,
  RevokeBody,
  TokenBody,
} from './oauth-forms.ts';
import { presentedClient } from './presented-client.ts';
import type { RevokeToken } from './revoke-token.ts';
import type { ServerMetadata } from './server-metadata.ts';

export interface OAuthRoutesDeps {
  authenticateClient: AuthenticateClient;
  issueToken: IssueToken;
  introspectToken: IntrospectToken;
  revokeToken: RevokeToken;
  serverMetadata: ServerMetadata;
}

const ofOAuth = {
  method: 'POST',
  tag: 'oauth',
  access: 'public',
  acceptsForm: 'only',
  acceptsBasic: true,
  refusals: oauthRefusals,
} as const;

/** The endpoints of OAuth 2, in its own words: forms come in, and refusals are as RFC 6749 has them. */
export function oauthRoutes(deps: OAuthRoutesDeps): Endpoint[] {
  const { authenticateClient, issueToken, introspectToken, revokeToken, serverMetadata } = deps;

  const token = defineEndpoint({
    ...ofOAuth,
    path: '/oauth/token',
    operationId: 'issueToken',
    summary: 'Get tokens (RFC 6749)',
    description:
      'Accounts log in with `password` and continue with `refresh_token`, without client credentials. Service clients use `client_credentials`.',
    request: { body: TokenBody },
    responses: { 200: { description: 'The tokens', body: IssuedTokenView } },
    problems: [
      'invalid_client',
      'unauthorized_client',
      'unsupported_grant_type',
      'invalid_scope',
      'invalid_credentials',
      'account_banned',
      'invalid_refresh_token',
      'rate_limited',
      'service_unavailable',
    ],
    handle: async (input) => {
      const credentials = presentedClient(input.request.headers.authorization, input.body);
      return reply(200, await issueToken(input.body, credentials, originOf(input)), OAUTH_HEADERS);
    },
  });

  const introspect = defineEndpoint({
    ...ofOAuth,
    path: '/oauth/introspect',
    operationId: 'introspectToken',
    summary: 'Introspect a token (RFC 7662)',
    description:
      'A service client may introspect its own tokens, and with the scope `tokens:introspect` all others. If a token is not active, or the client may not introspect it, the answer is only `active: false`.',
    request: { body: IntrospectBody },
    responses: { 200: { description: 'The state of the token', body: IntrospectionView } },
    problems: ['invalid_client'],
    handle: async (input) => {
      const { request, body } = input;
      const credentials = presentedClient(request.headers.authorization, body);
      if (!credentials) throw refusal('invalid_client', 'Only service clients may ask');
      const client = await authenticateClient(credentials, originOf(input));
      return reply(200, await introspectToken(tokenIn(body), client), OAUTH_HEADERS);
    },
  });

  const revoke = defineEndpoint({
    ...ofOAuth,
    path: '/oauth/revoke',
    operationId: 'revokeToken',
    summary: 'Revoke a token (RFC 7009)',
    description:
      'A token of an account ends its session; no client credentials are needed, because only its holder knows it. For a token of a service client, the client must authenticate itself, and all its access tokens end. An unknown token is not an error.',
    request: { body: RevokeBody },
    responses: { 200: { description: 'The token is not valid any more' } },
    problems: ['invalid_client', 'unauthorized_client'],
    handle: async (input) => {
      const credentials = presentedClient(input.request.headers.authorization, input.body);
      await revokeToken(tokenIn(input.body), credentials, originOf(input));
      return reply(200, undefined, OAUTH_HEADERS);
    },
  });

  const metadata = defineEndpoint({
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    operationId: 'readServerMetadata',
    summary: 'Addresses and abilities of the OAuth 2 endpoints (RFC 8414)',
    tag: 'oauth',
    access: 'public',
    responses: { 200: { description: 'The metadata', body: MetadataView } },
    handle: async () => reply(200, serverMetadata, { 'cache-control': 'public, max-age=3600' }),
  });

  return [token, introspect, revoke, metadata];
}

function tokenIn({ token }: { token?: string | undefined }): string {
  if (token === undefined) throw new DomainError('invalid_request', 'token is missing');
  return token;
}
