import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import type { PublicJwk } from './signing-key.ts';

const JsonWebKeySet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        x: z.string(),
        y: z.string(),
        kid: z.string(),
        use: z.literal('sig'),
        alg: z.literal('ES256'),
      }),
    ),
  })
  .meta({ id: 'JsonWebKeySet' });

/** @param publicKeys asked for at each request */
export function jwksRoutes(publicKeys: () => PublicJwk[]): Endpoint[] {
  const read = defineEndpoint({
    method: 'GET',
    path: '/.well-known/jwks.json',
    operationId: 'readKeySet',
    summary: 'Keys to verify access tokens with (RFC 7517)',
    tag: 'tokens',
    access: 'unsigned',
    responses: { 200: { description: 'The key set', body: JsonWebKeySet } },
    handle: async () => reply(200, { keys: publicKeys() }, { 'cache-control': 'public, max-age=60' }),
  });
  return [read];
}
