import { callerOf } from 'service-kit/audit';
import {
  byCreation,
  defineEndpoint,
  listQuery,
  pageReply,
  pageSchema,
  readPage,
  reply,
  type Endpoint,
} from 'service-kit/http';
import { z } from 'zod';
import { NO_STORE } from '../sessions/session-schemas.ts';
import {
  ClientView,
  ClientWithSecretView,
  NewClientBody,
  toClientView,
  toClientWithSecretView,
} from './client-schemas.ts';
import type { ClientStore } from './client-store.ts';
import type { CreateClient } from './create-client.ts';
import type { DeleteClient } from './delete-client.ts';
import type { RotateClientSecret } from './rotate-client-secret.ts';

export interface ClientRoutesDeps {
  clients: Pick<ClientStore, 'list'>;
  createClient: CreateClient;
  rotateClientSecret: RotateClientSecret;
  deleteClient: DeleteClient;
}

const tag = 'clients';
const ClientParams = z.object({ id: z.string().max(128) });

/** Programs that call in their own name. */
export function clientRoutes(deps: ClientRoutesDeps): Endpoint[] {
  const { clients, createClient, rotateClientSecret, deleteClient } = deps;

  const create = defineEndpoint({
    method: 'POST',
    path: '/v1/clients',
    operationId: 'createClient',
    summary: 'Create a service client',
    tag,
    access: { roles: ['ADMIN'] },
    request: { body: NewClientBody },
    responses: { 201: { description: 'The client with its secret', body: ClientWithSecretView } },
    handle: async (input) =>
      reply(201, toClientWithSecretView(await createClient(input.body, callerOf(input))), NO_STORE),
  });

  const list = defineEndpoint({
    method: 'GET',
    path: '/v1/clients',
    operationId: 'listClients',
    summary: 'All service clients, newest first',
    tag,
    access: { roles: ['AUDITOR'] },
    request: { query: z.object(listQuery) },
    responses: { 200: { description: 'A page of clients', body: pageSchema(ClientView) } },
    problems: ['invalid_cursor'],
    handle: async ({ query, request }) => {
      const read = clients.list;
      const page = await readPage(query, { filters: {}, ...byCreation, read });
      return pageReply(request.originalUrl, { ...page, items: page.items.map(toClientView) });
    },
  });

  const rotate = defineEndpoint({
    method: 'POST',
    path: '/v1/clients/{id}/rotate-secret',
    operationId: 'rotateClientSecret',
    summary: 'Rotate the secret of a client',
    description:
      'The previous secret stays valid for `CLIENT_SECRET_OVERLAP`; the one before it becomes invalid at once.',
    tag,
    access: { roles: ['ADMIN'] },
    request: { params: ClientParams },
    responses: { 200: { description: 'The client with its new secret', body: ClientWithSecretView } },
    problems: ['client_not_found'],
    handle: async (input) => {
      const rotated = await rotateClientSecret(input.params.id, callerOf(input));
      return reply(200, toClientWithSecretView(rotated), NO_STORE);
    },
  });

  const remove = defineEndpoint({
    method: 'DELETE',
    path: '/v1/clients/{id}',
    operationId: 'deleteClient',
    summary: 'Delete a client; its access tokens end',
    tag,
    access: { roles: ['ADMIN'] },
    request: { params: ClientParams },
    responses: { 204: { description: 'It was deleted' } },
    problems: ['client_not_found'],
    handle: async (input) => {
      await deleteClient(input.params.id, callerOf(input));
      return reply(204);
    },
  });

  return [create, list, rotate, remove];
}
