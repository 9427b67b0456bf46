import { roles } from 'service-kit/identity';
import { z } from 'zod';
import { PresentedPassword } from '../passwords/password-policy.ts';
import { grantTypes } from './issue-token.ts';

const parameter = z.string().max(4_096);
const clientInBody = {
  client_id: parameter.optional(),
  client_secret: parameter.optional().meta({ type: 'string', format: 'password' }),
};
const tokenInBody = {
  token: parameter.optional(),
  token_type_hint: parameter.optional().meta({ description: 'Not needed: the type is clear from the token' }),
};

/**
 * A form of OAuth 2. Parameters that nobody knows are ignored, those without a value count as left out, and none may
 * come twice. Source: RFC 6749, section 3.2.
 */
function oauthForm<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).catchall(z.string('must come once')).transform(withoutEmpty);
}

function withoutEmpty<Form extends object>(form: Form): Form {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every parameter is optional
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== '')) as Form;
}

export const TokenBody = oauthForm({
  grant_type: parameter.optional().meta({ enum: [...grantTypes], description: 'Always needed' }),
  username: z.string().max(256).optional().meta({ description: 'For `password`' }),
  password: PresentedPassword.optional(),
  refresh_token: parameter.optional().meta({ description: 'For `refresh_token`' }),
  scope: parameter.optional().meta({
    description: 'For `client_credentials`: separated by spaces; if absent, all scopes of the client',
    example: 'activity:write',
  }),
  ...clientInBody,
});

export const IntrospectBody = oauthForm({ ...tokenInBody, ...clientInBody });
export const RevokeBody = IntrospectBody;

export const IssuedTokenView = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds' }),
    refresh_token: z.string().optional().meta({ description: 'For an account' }),
    scope: z.string().optional().meta({ description: 'For a service client' }),
  })
  .meta({ id: 'IssuedToken', description: 'RFC 6749, section 5.1' });

export const IntrospectionView = z
  .object({
    active: z.boolean(),
    token_use: z.enum(['access_token', 'refresh_token']).optional(),
    token_type: z.literal('Bearer').optional(),
    iss: z.string().optional(),
    aud: z.string().optional(),
    sub: z.string().optional().meta({ description: 'Account or client id' }),
    client_id: z.string().optional(),
    sid: z.string().optional(),
    roles: z.array(z.enum(roles)).optional(),
    scope: z.string().optional(),
    jti: z.string().optional(),
    iat: z.int().optional(),
    exp: z.int().optional(),
  })
  .meta({ id: 'Introspection', description: 'RFC 7662, section 2.2; an inactive token has only `active`' });

export const MetadataView = z
  .object({
    issuer: z.string(),
    token_endpoint: z.string(),
    introspection_endpoint: z.string(),
    revocation_endpoint: z.string(),
    jwks_uri: z.string(),
    scopes_supported: z.array(z.string()),
    response_types_supported: z.array(z.string()),
    grant_types_supported: z.array(z.string()),
    token_endpoint_auth_methods_supported: z.array(z.string()),
    introspection_endpoint_auth_methods_supported: z.array(z.string()),
    revocation_endpoint_auth_methods_supported: z.array(z.string()),
  })
  .meta({ id: 'ServerMetadata', description: 'RFC 8414' });
