import type { MessageContracts } from '../publish/message-contracts.ts';
import type { PublishRoute } from '../routing/route.ts';
import type { RouteTable } from '../routing/route-table.ts';

/** OpenAPI path items by their paths. */
export type PublishedPaths = Readonly<Record<string, object>>;

/** Describes the publish routes, from the contracts of their messages. */
export function publishedPaths(table: RouteTable, contracts: MessageContracts): PublishedPaths {
  const routes = table.routes.filter((route) => route.publish !== undefined);
  return Object.fromEntries(routes.map((route) => [route.path, { post: operation(route, contracts) }]));
}

function operation({ name, publish, rateLimits }: PublishRoute, contracts: MessageContracts): object {
  const { type, schema } = contracts.get(publish.schema);
  const properties = {
    messageId: { type: 'string', description: 'Id of the message, for questions to support' },
  };
  const accepted = { type: 'object', properties, required: ['messageId'] };
  const statuses = ['400', '401', '403', '413', '415', ...(rateLimits.length > 0 ? ['429'] : []), '503'];
  const refusals = statuses.map((status) => [status, { $ref: `#/components/responses/Gateway${status}` }]);
  return {
    operationId: camelCase(name),
    summary: `Publish ${type}`,
    description:
      'The answer comes when the broker has confirmed the message, before a service has read it. After a 503 the message may or may not have been published: send it again.',
    tags: ['gateway'],
    security: [{ bearer: [] }],
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: {
      '202': {
        description: 'The broker has confirmed the message',
        content: { 'application/json': { schema: accepted } },
      },
      ...Object.fromEntries(refusals),
    },
  };
}

/** `activity-async` → `activityAsync`, in the style of the services' operation ids. */
function camelCase(name: string): string {
  return name.replaceAll(/[._-]+(.)/g, (_separator, letter: string) => letter.toUpperCase());
}
