export { byCreation, type CreationPosition } from './by-creation.ts';
export { canonicalHost, canonicalReceivedHost } from '../config/canonical-host.ts';
export { ClientGoneError } from './client-gone-error.ts';
export { createApp, type AppOptions } from './create-app.ts';
export {
  assertPreconditions,
  conditionalReply,
  EtagHeader,
  NO_PRECONDITIONS,
  readPreconditions,
  type Conditional,
  type Preconditions,
} from './conditional.ts';
export { DomainError, type DomainErrorExtra } from './domain-error.ts';
export {
  defineEndpoint,
  type Endpoint,
  type EndpointInput,
  type EndpointSpec,
  type Method,
  type ReplyOf,
  type Responses,
  type ResponseSpec,
} from './endpoint.ts';
export { contentTag, versionTag, type EntityTags } from './entity-tag.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions, type Upgrades } from './http-server.ts';
export type { IdempotencyKeys, KeptAnswer, KeyInUse } from './idempotency.ts';
export { networkOf } from './network-of.ts';
export { openApiDocument, type OpenApiOptions } from './open-api.ts';
export { listQuery, pageReply, pageSchema, readPage, type Filters, type List, type Page } from './pages.ts';
export { shellProblems, type ProblemTable, type ShellProblem } from './problem-table.ts';
export { Problem, sendProblem, type ProblemOptions } from './problem.ts';
export { readBody, type BodyOptions } from './read-body.ts';
export type { RefusalForm, Refused } from './refusal-form.ts';
export { contextOf, type RequestContext, type ShellContext } from './request-context.ts';
export { pathProblem } from './request-path.ts';
export { reply, send, type Reply, type ReplyHeaders } from './send.ts';
export { Time } from './time.ts';
export { visibleText, visibleTextProblem, type VisibleTextOptions } from './visible-text.ts';
export { continueTrace, parseTraceparent, type TraceContext } from './trace-context.ts';
export type { InputError } from './validation.ts';
