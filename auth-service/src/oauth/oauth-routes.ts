import { originOf } from 'service-kit/audit';
import { defineEndpoint, DomainError, reply, type Endpoint } from 'service-kit/http';
import type { AuthenticateClient } from '../clients/authenticate-client.ts';
import { refusal } from '../refusal.ts';
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

export interface OAuthRoutesDependencies {
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
export function oauthRoutes(dependencies: OAuthRoutesDependencies): Endpoint[] {
  const { authenticateClient, issueToken, introspectToken, revokeToken, serverMetadata } = dependencies;

  const token = defineEndpoint({
    ...ofOAuth,
    path: '/oauth/token',
    operationId: 'issueToken',
    summary: 'Get tokens (RFC 6749)',
    description:
      'Accounts log in by `password` and go on by `refresh_token`, without client credentials; service clients use `client_credentials`.',
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
    summary: 'Ask whether a token is good (RFC 7662)',
    description:
      'A service client may ask about its own tokens, and with the scope `tokens:introspect` about all others. Of a token that is not active, or that it may not ask about, nothing else is said.',
    request: { body: IntrospectBody },
    responses: { 200: { description: 'What is known of it', body: IntrospectionView } },
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
    summary: 'End a token (RFC 7009)',
    description:
      'With a token of an account its session ends; client credentials are not needed, because nobody but its holder knows it. With one of a service client, which has to authenticate itself, all its access tokens end. An unknown token is no error.',
    request: { body: RevokeBody },
    responses: { 200: { description: 'It is not good any more' } },
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
    summary: 'Where the OAuth 2 endpoints are and what they take (RFC 8414)',
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
