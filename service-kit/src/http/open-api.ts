import { OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { INTERNAL_SIGNATURE_HEADER, type Access } from '../identity/index.ts';
import { conditionHeaders, EtagHeader } from './conditional.ts';
import type { Endpoint, ResponseSpec } from './endpoint.ts';
import { IdempotencyKey } from './idempotency.ts';
import { shellProblems, type ProblemTable, type ShellProblem } from './problem-table.ts';
import { Problem } from './problem.ts';

export interface OpenApiOptions {
  title: string;
  version: string;
  description: string;
  endpoints: readonly Endpoint[];
  problems: ProblemTable;
}

type ResponseConfig = RouteConfig['responses'][string];

const BEARER = 'bearer';
const INTERNAL = 'internal';
const BASIC = 'basic';
const METHODS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** Generates the OpenAPI 3.1 document of the endpoints. */
export function openApiDocument(options: OpenApiOptions): object {
  const { title, version, description, endpoints } = options;
  const problems: ProblemTable = { ...shellProblems, ...options.problems };
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', BEARER, {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'Access token of an account or a service client',
  });
  if (endpoints.some(({ access }) => access === 'internal')) {
    registry.registerComponent('securitySchemes', INTERNAL, {
      type: 'apiKey',
      in: 'header',
      name: INTERNAL_SIGNATURE_HEADER,
      description: 'Signature of another service; such calls never come through the gateway',
    });
  }
  if (endpoints.some(({ acceptsBasic }) => acceptsBasic)) {
    registry.registerComponent('securitySchemes', BASIC, {
      type: 'http',
      scheme: 'basic',
      description: 'Id and secret of a service client, each form-urlencoded (RFC 6749, section 2.3.1)',
    });
  }
  for (const endpoint of endpoints) registry.registerPath(operationOf(endpoint, problems));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: { title, version, description },
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
  });
}

function operationOf(endpoint: Endpoint, problems: ProblemTable): RouteConfig {
  const { method, path, operationId, summary, tag, access } = endpoint;
  return {
    method: METHODS[method],
    path,
    operationId,
    summary,
    description: [endpoint.description, accessText(access)].filter(Boolean).join('\n\n'),
    tags: [tag],
    security: securityOf(endpoint),
    request: requestOf(endpoint),
    responses: { ...problemsOf(endpoint, problems), ...answersOf(endpoint) },
  };
}

/** Basic is never the only way: a client may also send its id in the body, or none. */
function securityOf({ access, acceptsBasic }: Endpoint): Record<string, string[]>[] {
  if (!isOpen(access)) return [{ [access === 'internal' ? INTERNAL : BEARER]: [] }];
  return acceptsBasic ? [{ [BASIC]: [] }, {}] : [];
}

function requestOf({
  request,
  acceptsForm,
  rawBody,
  idempotencyKey,
  conditional,
}: Endpoint): NonNullable<RouteConfig['request']> {
  const { params, query, body } = request;
  const headers = headersOf({ request, idempotencyKey, conditional });
  return {
    ...(params && { params: asObject(params) }),
    ...(query && { query: asObject(query) }),
    ...(headers && { headers }),
    ...(body && {
      body: {
        required: !body.safeParse(undefined).success,
        content: {
          ...(acceptsForm !== 'only' && { 'application/json': { schema: body } }),
          ...(acceptsForm !== false && { 'application/x-www-form-urlencoded': { schema: body } }),
        },
      },
    }),
    ...(rawBody.length > 0 && { body: { required: true, content: contentOf(rawBody, { type: 'string' }) } }),
  };
}

function headersOf({
  request,
  idempotencyKey,
  conditional,
}: Pick<Endpoint, 'request' | 'idempotencyKey' | 'conditional'>): z.ZodObject | undefined {
  if (!idempotencyKey && !conditional) return request.headers && asObject(request.headers);
  const key = idempotencyKey === 'required' ? IdempotencyKey : IdempotencyKey.optional();
  return (request.headers ? asObject(request.headers) : z.object({})).extend({
    ...(idempotencyKey && { 'Idempotency-Key': key }),
    ...(conditional && conditionHeaders(conditional)),
  });
}

function answersOf({ responses, conditional }: Endpoint): Record<string, ResponseConfig> {
  const answers = documentedAnswers(responses, conditional);
  if (conditional !== 'read') return answers;
  const notModified = { description: 'Not modified since the tag that the caller sent', headers: EtagHeader };
  return { ...answers, 304: notModified };
}

function documentedAnswers(
  responses: Endpoint['responses'],
  conditional: Endpoint['conditional'],
): Record<string, ResponseConfig> {
  return Object.fromEntries(
    Object.entries(responses).map(([status, spec]: [string, ResponseSpec]) => {
      const { description, body, contentType } = spec;
      const isTagged = conditional && status.startsWith('2') && body;
      const headers = isTagged ? EtagHeader.extend(spec.headers?.shape ?? {}) : spec.headers;
      const types = [contentType ?? 'application/json'].flat();
      const config: ResponseConfig = {
        description,
        ...(headers && { headers }),
        ...((body ?? contentType) && { content: contentOf(types, body ?? { type: 'string' }) }),
      };
      return [status, config];
    }),
  );
}

type Content = Record<string, { schema: z.ZodType | { type: 'string' } }>;

const contentOf = (types: readonly string[], schema: Content[string]['schema']): Content =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

/** One response for each status, with all its codes. */
function problemsOf(endpoint: Endpoint, problems: ProblemTable): Record<string, ResponseConfig> {
  const { refusals } = endpoint;
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...shellCodesOf(endpoint), ...endpoint.problems])) {
    const problem = problems[code];
    if (!problem) throw new TypeError(`${endpoint.operationId} documents ${code}, which has no status`);
    const { status } = refusals?.answer({ ...problem, code }) ?? problem;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const named = codes.map((code) => `\`${code}\` ${problems[code]?.title}`);
      const titles = codes.map((code) => problems[code]?.title);
      const description = [...new Set(refusals ? titles : named)].join('; ');
      const schema = Problem.and(z.object({ status: z.literal(status), code: z.enum(codes) }));
      const content = refusals
        ? { 'application/json': { schema: refusals.body } }
        : { 'application/problem+json': { schema } };
      return [String(status), { description, content }];
    }),
  );
}

function shellCodesOf(endpoint: Endpoint): ShellProblem[] {
  const { access, request, acceptsForm, rawBody, idempotencyKey, conditional } = endpoint;
  const { params, query, headers, body } = request;
  const codes: ShellProblem[] = [];
  if (params) codes.push('ambiguous_path');
  if (body && acceptsForm !== 'only') codes.push('malformed_json');
  if (params || query || headers || body || idempotencyKey || conditional) codes.push('invalid_request');
  if (!isOpen(access)) codes.push('unauthenticated');
  if (!isOpen(access) && access !== 'anyone-authenticated' && access !== 'internal') codes.push('forbidden');
  if (body) codes.push('payload_too_large');
  if (body || rawBody.length > 0) codes.push('unsupported_media_type');
  if (conditional) codes.push('precondition_failed');
  if (conditional === 'change-required') codes.push('precondition_required');
  if (idempotencyKey) codes.push('idempotency_in_progress', 'idempotency_key_reused');
  if (idempotencyKey === 'required') codes.push('idempotency_key_required');
  codes.push('internal_error');
  // When the database or the broker is unavailable.
  if (access !== 'unsigned') codes.push('service_unavailable');
  return codes;
}

function isOpen(access: Access): boolean {
  return access === 'unsigned' || access === 'public';
}

function accessText(access: Access): string {
  if (isOpen(access)) return 'For everyone.';
  if (access === 'internal') return 'For other services.';
  if (access === 'signed-in') return 'For signed-in accounts.';
  if (typeof access === 'string') return 'For accounts and service clients.';
  const roles = access.roles?.length ? [`roles ${[...new Set([...access.roles, 'ADMIN'])].join(', ')}`] : [];
  const scopes = access.scopes?.length ? [`scopes ${access.scopes.join(', ')}`] : [];
  return `For ${[...roles, ...scopes].join('; ')}.`;
}

function asObject(schema: z.ZodType): z.ZodObject {
  if (schema instanceof z.ZodObject) return schema;
  throw new TypeError('parameters must be described by z.object');
}
