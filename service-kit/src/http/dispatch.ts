import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { decideAccess, type Access, type Identity, type InternalCallVerifier } from '../identity/index.ts';
import {
  conditionalReply,
  isRead,
  NO_PRECONDITIONS,
  parsePreconditions,
  requireIfMatch,
} from './conditional.ts';
import { DomainError } from './domain-error.ts';
import type { Endpoint, EndpointInput } from './endpoint.ts';
import {
  answerOnce,
  fingerprintOf,
  IDEMPOTENCY_HEADER,
  IdempotencyKey,
  keyIdOf,
  type IdempotencyKeys,
} from './idempotency.ts';
import { readBody } from './read-body.ts';
import type { ShellProblem } from './problem-table.ts';
import { contextOf } from './request-context.ts';
import { send, type Reply } from './send.ts';
import { parsePart, refuseInvalid, type InputError } from './validation.ts';
import { isUtf8Escaped } from './well-formed.ts';

/** A path and its endpoints by method. */
export interface Resource {
  path: string;
  endpoints: ReadonlyMap<string, Endpoint>;
}

/** The parts of the app that endpoints need. */
export interface DispatchShell {
  verifyInternalCall: InternalCallVerifier | undefined;
  idempotencyKeys: IdempotencyKeys | undefined;
  /** @returns the status of a problem code */
  statusOf: (code: string) => number;
}

/**
 * Groups the endpoints by path, and sorts plain segments before placeholders, so that `/v1/events/audit` is never taken for
 * an event.
 *
 * @throws {TypeError} when a method is defined twice for a path, or two paths differ only in their placeholders
 */
export function resourcesOf(endpoints: readonly Endpoint[]): Resource[] {
  const byPath = new Map<string, Map<string, Endpoint>>();
  const pathByShape = new Map<string, string>();
  for (const endpoint of endpoints) {
    const { method, path } = endpoint;
    const shape = path.replaceAll(/\{\w+\}/g, '{}');
    const known = pathByShape.get(shape) ?? path;
    if (known !== path) throw new TypeError(`${path} and ${known} differ only in their placeholders`);
    pathByShape.set(shape, path);
    const there = byPath.get(path) ?? new Map<string, Endpoint>();
    if (there.has(method)) throw new TypeError(`${method} ${path} is defined twice`);
    byPath.set(path, there.set(method, endpoint));
  }
  // "{" sorts after every character of a plain segment but "~".
  return [...byPath]
    .map(([path, there]) => ({ path, endpoints: there }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Handles the requests to one path, in this order: method 405, token 401, role or scope 403, body 415, 413 and 400, values
 * 400, `If-Match` 428, `Idempotency-Key` 428, 422 and 409, then the handler. `If-Match` and `If-None-Match` of a GET are
 * compared with the `ETag` of its answer.
 */
export function dispatch({ path, endpoints }: Resource, shell: DispatchShell): RequestHandler {
  const allow = [...endpoints.keys(), ...(endpoints.has('GET') ? ['HEAD'] : [])].toSorted().join(', ');

  return async (request, response) => {
    const context = contextOf(request);
    context.route = path;
    const endpoint = endpoints.get(request.method === 'HEAD' ? 'GET' : request.method);
    if (!endpoint) throw refusal('method_not_allowed', `Use one of ${allow}`, { allow });
    context.quiet = endpoint.quiet;
    if (endpoint.access !== 'internal') assertAccess(endpoint.access, context.identity);
    else if (!shell.verifyInternalCall?.(request.method, request.originalUrl, request.headers)) {
      throw refusal('unauthenticated', 'A valid signature of another service is needed');
    }
    context.refusals = endpoint.refusals;
    const { input, content } = await readInput(endpoint, request, response);
    requireIfMatch(endpoint.conditional, input.preconditions);
    const answer = await answerTo(endpoint, input, content, shell);
    await send(request, response, withConditions(endpoint, input, answer));
  };
}

function assertAccess(access: Access, identity: Identity | undefined): void {
  const decision = decideAccess(access, identity);
  if (decision === 'unauthenticated') throw refusal('unauthenticated', 'A valid access token is needed');
  if (decision === 'forbidden') throw refusal('forbidden', 'Your role or scope does not allow this');
}

function withConditions(
  { conditional, access }: Endpoint,
  { preconditions }: AnyInput,
  answer: Reply,
): Reply {
  if (!isRead(conditional) || answer.status !== 200) return answer;
  const headers =
    access === 'unsigned' ? answer.headers : { ...REVALIDATED, ...answer.headers, vary: varyOf(answer) };
  return conditionalReply({ ...answer, headers }, preconditions, conditional);
}

/** The default: a client may keep a tagged answer and revalidate it; a shared cache may not. */
const REVALIDATED = { 'cache-control': 'private, no-cache' };

/** Two callers may get the same tag at one path (`/v1/me`), so a kept answer belongs to one caller. */
function varyOf({ headers: { vary } }: Reply): string {
  return vary === undefined ? 'authorization' : [vary, 'authorization'].flat().join(', ');
}

const keyHeader = z
  .object({ [IDEMPOTENCY_HEADER]: IdempotencyKey.optional() })
  .transform((headers) => headers[IDEMPOTENCY_HEADER]);

type AnyInput = EndpointInput<unknown, unknown, unknown, unknown>;

async function answerTo(
  endpoint: Endpoint,
  input: AnyInput,
  content: unknown,
  { idempotencyKeys: keys, statusOf }: DispatchShell,
): Promise<Reply> {
  const { idempotencyId: id, request, context } = input;
  if (endpoint.idempotencyKey === 'required' && id === undefined) {
    throw refusal(
      'idempotency_key_required',
      'Send an Idempotency-Key, so that a repetition can be recognised',
    );
  }
  if (!keys || id === undefined) return await endpoint.handle(input);
  const fingerprint = fingerprintOf(request, content);
  const { logger } = context;
  return await answerOnce({ keys, id, fingerprint, statusOf, logger }, () => endpoint.handle(input));
}

async function readInput(
  endpoint: Endpoint,
  request: Request,
  response: Response,
): Promise<{ input: AnyInput; content: unknown }> {
  const { params, query, headers, body } = endpoint.request;
  // Without a schema the handler reads the body itself.
  if (!body && request.headers.expect !== undefined) response.writeContinue();
  const content = body && (await readBody(request, response, endpoint));
  const errors: InputError[] = [];
  if (query && !isUtf8Escaped(queryOf(request))) errors.push({ path: 'query', message: 'must be UTF-8' });
  const context = contextOf(request);
  const identity = context.identity ?? anonymous(request);
  const key =
    endpoint.idempotencyKey &&
    parsePart(keyHeader, { [IDEMPOTENCY_HEADER]: request.headers[IDEMPOTENCY_HEADER] }, 'header', errors);
  const input: AnyInput = {
    params: params && parsePart(params, request.params, 'path', errors),
    query: query && parsePart(query, request.query, 'query', errors),
    headers: headers && parsePart(headers, request.headers, 'header', errors),
    body: body && parsePart(body, content, '', errors),
    preconditions: endpoint.conditional ? parsePreconditions(request.headers, errors) : NO_PRECONDITIONS,
    identity,
    idempotencyId: typeof key === 'string' ? keyIdOf(endpoint, identity, key) : undefined,
    context,
    request,
    response,
  };
  refuseInvalid(errors);
  return { input, content };
}

function queryOf({ originalUrl }: Request): string {
  const start = originalUrl.indexOf('?');
  return start === -1 ? '' : originalUrl.slice(start);
}

function anonymous(request: Request): Identity {
  const clientAddress = request.socket.remoteAddress ?? '';
  return { userId: '', sessionId: '', roles: [], scopes: [], clientAddress };
}

function refusal(code: ShellProblem, detail: string, headers?: Record<string, string>): DomainError {
  return new DomainError(code, detail, headers && { headers });
}
