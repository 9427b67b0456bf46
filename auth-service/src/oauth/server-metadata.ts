import { scopes } from '../tokens/scope.ts';
import { grantTypes } from './issue-token.ts';

/**
 * What an OAuth 2 client can find out by itself (RFC 8414).
 *
 * @param issuer this installation's public URL, never a request's `Host`
 */
export function serverMetadata(issuer: string) {
  const base = issuer.replace(/\/$/, '');
  const confidential = ['client_secret_basic', 'client_secret_post'];
  return {
    issuer,
    token_endpoint: `${base}/oauth/token`,
    introspection_endpoint: `${base}/oauth/introspect`,
    revocation_endpoint: `${base}/oauth/revoke`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    scopes_supported: [...scopes],
    // There is no authorization endpoint, and the member is required.
    response_types_supported: [],
    grant_types_supported: [...grantTypes],
    token_endpoint_auth_methods_supported: [...confidential, 'none'],
    introspection_endpoint_auth_methods_supported: confidential,
    revocation_endpoint_auth_methods_supported: [...confidential, 'none'],
  };
}

export type ServerMetadata = ReturnType<typeof serverMetadata>;
