import { readFileSync } from 'node:fs';
import { openApiDocument, Problem } from 'service-kit/http';
import { z } from 'zod';
import { type ProblemCode, problems } from '../http/problems.ts';
import type { PublishedPaths } from './published-paths.ts';
import { parseDocument } from './service-document.ts';

const DESCRIPTION = `Rewards for what players do in a game, each granted exactly once.

Sign in with \`POST /v1/auth/login\` and send \`Authorization: Bearer <access token>\`. Errors are problem bodies
(RFC 9457) with a \`code\` for programs and a \`requestId\` to quote.`;

/**
 * The gateway's own part of the merged document, in addition to the common parts of every service's document.
 *
 * @param published the operations of the publish routes
 */
export function gatewayDocument(version: string, published: PublishedPaths): Record<string, unknown> {
  const common = openApiDocument({
    title: 'Laurel',
    version,
    description: DESCRIPTION,
    endpoints: [],
    problems,
  });
  const document = parseDocument(common);
  return {
    ...document,
    servers: [{ url: '/' }],
    tags: [{ name: 'gateway', description: 'The gateway itself' }],
    paths: {
      '/healthz': { get: ownOperation('getHealth', 'Whether the process answers', ['200']) },
      '/readyz': { get: ownOperation('getReadiness', 'Whether requests may be sent', ['200', '503']) },
      ...published,
    },
    components: {
      ...document.components,
      schemas: { GatewayProblem: problemSchema() },
      responses: {
        Gateway400: response('invalid_request'),
        Gateway401: response('unauthenticated'),
        Gateway403: response('forbidden'),
        Gateway413: response('payload_too_large'),
        Gateway415: response('unsupported_media_type'),
        Gateway429: response('rate_limited'),
        Gateway502: response('upstream_failed'),
        Gateway503: response('service_unavailable'),
        Gateway504: response('upstream_timeout'),
      },
    },
  };
}

function ownOperation(operationId: string, summary: string, statuses: string[]): object {
  const schema = { type: 'object', properties: { status: { type: 'string' } }, required: ['status'] };
  const content = { 'application/json': { schema } };
  const responses = statuses.map((status) => [status, { description: 'The state of the gateway', content }]);
  return { operationId, summary, tags: ['gateway'], security: [], responses: Object.fromEntries(responses) };
}

function response(code: ProblemCode): object {
  const schema = { $ref: '#/components/schemas/GatewayProblem' };
  const description = `\`${code}\` ${problems[code].title}`;
  return { description, content: { 'application/problem+json': { schema } } };
}

function problemSchema(): object {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(z.looseObject(Problem.shape));
  return schema;
}

/** The gateway's version, which is also the version of the whole API. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
