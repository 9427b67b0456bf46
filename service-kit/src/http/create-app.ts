import type { Registry } from '@prometheus-io/client';
import express, { type Express, type RequestHandler } from 'express';
import { randomUUID } from 'node:crypto';
import { parse as parseQuery } from 'node:querystring';
import { z } from 'zod';
import type { Readiness } from '../lifecycle/readiness.ts';
import type { IdentityVerifier, InternalCallVerifier } from '../identity/index.ts';
import type { Logger } from '../logging/index.ts';
import { createAccessLog } from './access-log.ts';
import { EtagHeader } from './conditional.ts';
import { dispatch, resourcesOf } from './dispatch.ts';
import { DomainError } from './domain-error.ts';
import { defineEndpoint, type Endpoint } from './endpoint.ts';
import { contentTag } from './entity-tag.ts';
import { handleFailures } from './handle-failures.ts';
import { livenessEndpoint, readinessEndpoint } from './health-endpoints.ts';
import { shellProblems, type ProblemTable } from './problem-table.ts';
import type { IdempotencyKeys } from './idempotency.ts';
import { openContext } from './request-context.ts';
import { pathProblem } from './request-path.ts';
import { securityHeaders } from './security-headers.ts';
import { reply } from './send.ts';
import { continueTrace } from './trace-context.ts';

export interface AppOptions {
  /** Name of the service. */
  service: string;
  endpoints: readonly Endpoint[];
  /** The codes of the service. Those of the kit are added. */
  problems: ProblemTable;
  logger: Logger;
  /** Leave it out when no gateway is in front: then no endpoint may need an identity. */
  verifyIdentity?: IdentityVerifier;
  /** Needed for `internal` endpoints. */
  verifyInternalCall?: InternalCallVerifier;
  /** Called with each `Host` header. False refuses the request with 421 `misdirected_request`. Default: all are served. */
  servesHost?: (host: string | undefined) => boolean;
  /** Served as `/readyz`. */
  readiness?: Readiness;
  metrics?: Registry;
  /** Needed when an endpoint takes an `Idempotency-Key`. */
  idempotencyKeys?: IdempotencyKeys;
  /** The API document, served as `/openapi.json`. */
  openApi?: object;
  /** Turns an error that is not a `DomainError` into one; undefined is a 500. */
  translateError?: (error: unknown) => DomainError | undefined;
  /** Adds routes that are not endpoints, after the endpoints and before the 404. */
  extend?: (app: Express) => void;
}

/**
 * Makes the Express app of a service. Every request gets an id, a trace context, security headers, a line in the access
 * log, and an answer. Refusals are problem bodies.
 *
 * @throws {TypeError} when two endpoints have the same method and path, a documented code has no status, or an option that
 * an endpoint needs is missing (`verifyIdentity`, `verifyInternalCall`, `idempotencyKeys`)
 */
export function createApp(options: AppOptions): Express {
  const { service, logger, verifyIdentity, verifyInternalCall } = options;
  const { readiness, metrics, openApi, extend, servesHost } = options;
  assertConsistent(options);
  const endpoints = [
    ...options.endpoints,
    livenessEndpoint(service),
    ...(readiness ? [readinessEndpoint(readiness, { withChecks: false })] : []),
    ...(openApi ? [openApiEndpoint(openApi)] : []),
  ];

  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  // By default the parameters after the thousandth are dropped silently. The size of the request target is limited anyway.
  app.set('query parser', (text: string | null) => parseQuery(text ?? '', '&', '=', { maxKeys: 0 }));
  app.use(openRequests({ logger, verifyIdentity, metrics }));
  app.use(securityHeaders());
  if (servesHost) app.use(refuseOtherHosts(servesHost));
  app.use(refuseAmbiguousPaths);
  app.use(refuseExpectations);
  const { idempotencyKeys } = options;
  const shell = { verifyInternalCall, idempotencyKeys, statusOf: statusesOf(options.problems) };
  for (const resource of resourcesOf(endpoints)) {
    app.all(resource.path.replaceAll(/\{(\w+)\}/g, ':$1'), dispatch(resource, shell));
  }
  extend?.(app);
  app.use(() => {
    throw new DomainError('not_found', 'There is no resource at this path');
  });
  app.use(handleFailures(options));
  return app;
}

function openRequests(
  options: Pick<AppOptions, 'logger'> & {
    verifyIdentity: IdentityVerifier | undefined;
    metrics: Registry | undefined;
  },
): RequestHandler {
  const { logger, verifyIdentity } = options;
  const logAccess = createAccessLog(options);

  return (request, response, next) => {
    const { headers, method, originalUrl } = request;
    const identity = verifyIdentity?.(method, originalUrl, headers);
    const given = headers['x-request-id'];
    // The id is trusted only under the gateway's signature.
    const requestId = identity && typeof given === 'string' && given !== '' ? given : randomUUID();
    const traceparent = headers['traceparent'];
    const trace = continueTrace(typeof traceparent === 'string' ? traceparent : undefined);
    response.setHeader('x-request-id', requestId);
    logAccess(request, response, openContext(request, { response, requestId, trace, logger, identity }));
    next();
  };
}

function refuseOtherHosts(servesHost: (host: string | undefined) => boolean): RequestHandler {
  return (request, _response, next) => {
    if (!servesHost(request.headers.host)) {
      throw new DomainError('misdirected_request', 'The host in the Host header is not served here');
    }
    next();
  };
}

const refuseAmbiguousPaths: RequestHandler = (request, _response, next) => {
  const problem = pathProblem(request.originalUrl);
  if (problem !== undefined) throw new DomainError('ambiguous_path', problem);
  next();
};

const refuseExpectations: RequestHandler = ({ headers: { expect } }, _response, next) => {
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    throw new DomainError('expectation_failed', 'The only supported expectation is 100-continue');
  }
  next();
};

function openApiEndpoint(document: object): Endpoint {
  const headers = { etag: contentTag(document), 'cache-control': 'no-cache' };
  return defineEndpoint({
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This API document',
    tag: 'documents',
    access: 'unsigned',
    quiet: true,
    conditional: 'read',
    responses: { 200: { description: 'OpenAPI 3.1', body: z.looseObject({}), headers: EtagHeader } },
    handle: async () => reply(200, { ...document }, headers),
  });
}

function statusesOf(problems: ProblemTable): (code: string) => number {
  const table = new Map(Object.entries<{ status: number }>({ ...shellProblems, ...problems }));
  return (code) => table.get(code)?.status ?? shellProblems.internal_error.status;
}

function assertConsistent(options: AppOptions): void {
  const { endpoints, problems, verifyIdentity, verifyInternalCall, idempotencyKeys } = options;
  for (const { operationId, access, problems: codes, idempotencyKey } of endpoints) {
    if (idempotencyKey && !idempotencyKeys) {
      throw new TypeError(`${operationId} takes an Idempotency-Key, but there are no idempotencyKeys`);
    }
    if (access === 'internal') {
      if (!verifyInternalCall)
        throw new TypeError(`${operationId} is internal, but there is no verifyInternalCall`);
    } else if (access !== 'unsigned' && !verifyIdentity) {
      throw new TypeError(`${operationId} needs an identity, but there is no verifyIdentity`);
    }
    for (const code of codes) {
      if (!(code in problems) && !(code in shellProblems)) {
        throw new TypeError(`${operationId} documents ${code}, which has no status`);
      }
    }
  }
}
