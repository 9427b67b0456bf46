import { z } from 'zod';
import { ShortText } from '../accounts/profile.ts';
import type { ServiceClient } from './client.ts';
import type { ClientWithSecret } from './create-client.ts';
import { scopes } from '../tokens/scope.ts';

/** All scopes of a client, in one order and each once. */
const Scopes = z
  .array(z.enum(scopes))
  .min(1)
  .max(20)
  .transform((given) => scopes.filter((scope) => given.includes(scope)))
  .meta({
    type: 'array',
    items: { type: 'string', enum: [...scopes] },
    minItems: 1,
    example: ['activity:write'],
  });

export const NewClientBody = z.strictObject({
  name: ShortText.meta({ example: 'Game server EU-1' }),
  scopes: Scopes,
});

export const ClientView = z
  .object({
    id: z.string().meta({ description: 'The OAuth client id', example: 'cli_Qm3v0d8YhT5sLx2RkN7wUg' }),
    name: z.string(),
    scopes: z.array(z.enum(scopes)),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Client' });

export const ClientWithSecretView = ClientView.extend({
  secret: z.string().meta({ description: 'Shown only in this answer: the service stores only its hash' }),
}).meta({ id: 'ClientWithSecret' });

export const toClientView = ({ id, name, scopes, createdAt }: ServiceClient): z.infer<typeof ClientView> => ({
  id,
  name,
  scopes: [...scopes],
  createdAt: createdAt.toISOString(),
});

export const toClientWithSecretView = ({
  client,
  secret,
}: ClientWithSecret): z.infer<typeof ClientWithSecretView> => ({ ...toClientView(client), secret });
