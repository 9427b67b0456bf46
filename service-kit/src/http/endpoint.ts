import type { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Access, Identity } from '../identity/index.ts';
import { assertStrict } from './assert-strict.ts';
import { isRead, type Conditional, type Preconditions } from './conditional.ts';
import type { RefusalForm } from './refusal-form.ts';
import type { RequestContext } from './request-context.ts';
import type { Reply } from './send.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What an endpoint gives to its handler, each part already parsed. */
export interface EndpointInput<Params, Query, Body, Headers> {
  params: Params;
  query: Query;
  body: Body;
  headers: Headers;
  /** The caller; with an empty `userId` where nobody has been identified. */
  identity: Identity;
  /**
   * Where the request came with an `Idempotency-Key`: a hash of it with caller and route, the same for its
   * repetitions. An id derived from it cannot be made twice, not even when a process dies between an effect and the
   * keeping of its answer.
   */
  idempotencyId: string | undefined;
  /** What `If-Match` and `If-None-Match` ask for; nothing where the endpoint is not `conditional`. */
  preconditions: Preconditions;
  context: RequestContext;
  /** For streaming; everything else is above. */
  request: Request;
  response: Response;
}

export interface ResponseSpec {
  description: string;
  /** Shape of the JSON body, which may also be answered as a stream of its text; left out where there is none. */
  body?: z.ZodType;
  /** Media type of a body that is not JSON, or the types of which it is one. */
  contentType?: string | readonly string[];
  /** Headers to document. */
  headers?: z.ZodObject;
}

export type Responses = Readonly<Record<number, ResponseSpec>>;

/** One of the answers that the endpoint documents: a status with the body that belongs to it. */
export type ReplyOf<Documented extends Responses> = {
  [Status in keyof Documented & number]: Reply<Status, BodyOf<Documented[Status]>>;
}[keyof Documented & number];

type BodyOf<Spec> = Spec extends { body: infer Schema extends z.ZodType }
  ? Sendable<z.input<Schema>> | Readable
  : Spec extends { contentType: string | readonly string[] }
    ? unknown
    : undefined;

/** What is only going to be written may as well be read-only. */
type Sendable<T> = T extends readonly (infer Item)[]
  ? readonly Sendable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Sendable<T[Key]> }
    : T;

interface EndpointDescription {
  method: Method;
  /** Path template, for example `/v1/events/{eventId}/claims`. */
  path: string;
  /** Unique over the service; becomes a function's name in generated clients. */
  operationId: string;
  summary: string;
  description?: string;
  tag: string;
  access: Access;
  /** Largest body, in bytes. Default 1 MiB. */
  maxBodyBytes?: number;
  /** Values in a JSON body, at every level together. Default 1,000 where nobody signs in, else 10,000. */
  maxBodyValues?: number;
  /**
   * Whether `application/x-www-form-urlencoded` is taken in place of JSON; the same schema reads both. With `only`
   * nothing else is.
   */
  acceptsForm?: boolean | 'only';
  /** Media types of a body that the handler reads itself, to document. */
  rawBody?: readonly string[];
  /** Whether callers may name themselves with Basic credentials. To document: the handler reads and checks them. */
  acceptsBasic?: boolean;
  /**
   * Whether it takes an `Idempotency-Key`, or cannot do without. Per caller and route, repetitions with the same key
   * get the first answer. For identified callers, and answers that are JSON and no secret.
   */
  idempotencyKey?: 'optional' | 'required';
  /** What becomes of `If-Match` and `If-None-Match`, where its answers have an `ETag`. Default: they are not read. */
  conditional?: Conditional;
  /** Keeps good answers out of the access log, for what is called every few seconds. */
  quiet?: boolean;
  /** Codes of the problems that its handler may answer with, to document. The shell adds its own. */
  problems?: readonly string[];
  /** How it refuses, where a protocol has error bodies of its own. Default: problem bodies. */
  refusals?: RefusalForm;
}

/** An endpoint with the types of its input forgotten, as `createApp` and `openApiDocument` take it. */
export interface Endpoint extends Required<
  Omit<EndpointDescription, 'description' | 'idempotencyKey' | 'conditional' | 'refusals'>
> {
  description?: string;
  idempotencyKey?: 'optional' | 'required';
  conditional?: Conditional;
  refusals?: RefusalForm;
  request: { params?: z.ZodType; query?: z.ZodType; body?: z.ZodType; headers?: z.ZodType };
  responses: Responses;
  handle(input: EndpointInput<unknown, unknown, unknown, unknown>): Promise<Reply>;
}

export interface EndpointSpec<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Headers extends z.ZodType,
  Documented extends Responses,
> extends EndpointDescription {
  /** Schemas of what comes in; without one the part is `undefined`, and a body is left unread. */
  request?: {
    /** Of the placeholders in `path`. */
    params?: Params;
    /** Parameters that it does not name are ignored. */
    query?: Query;
    /** Every object in it must be strict (`z.strictObject`), so that unknown fields are refused. */
    body?: Body;
    /** By lower-case name. */
    headers?: Headers;
  };
  responses: Documented;
  /** Answers with one of the documented responses, or throws a {@link DomainError}. */
  handle(
    input: EndpointInput<z.output<Params>, z.output<Query>, z.output<Body>, z.output<Headers>>,
  ): Promise<ReplyOf<Documented>>;
}

const MIB = 1_048_576;
/** A value costs about a microsecond until it is refused, and whoever signs in can be banned. */
const MOST_ANONYMOUS_VALUES = 1_000;
const MOST_VALUES = 10_000;

/**
 * Describes one endpoint: what comes in, what is done, what goes out. The handler's input and its possible
 * answers are typed by the schemas, and the API document is made of the same.
 *
 * @throws {TypeError} when placeholders and `params` differ, an object in the body ignores unknown fields, an
 * `Idempotency-Key` is taken where there is no caller or the answer is not JSON, or a read is `conditional` as a change
 */
export function defineEndpoint<
  const Documented extends Responses,
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Headers extends z.ZodType = z.ZodUndefined,
>(spec: EndpointSpec<Params, Query, Body, Headers, Documented>): Endpoint {
  const request = spec.request ?? {};
  assertPath(spec.path, spec.operationId);
  assertParams(spec.path, request.params, spec.operationId);
  if (request.body) assertStrict(request.body, `${spec.operationId}: request.body`);
  assertKeyable(spec);
  if (spec.conditional && isRead(spec.conditional) !== (spec.method === 'GET')) {
    throw new TypeError(
      `${spec.operationId}: a ${spec.method} cannot be conditional as a ${spec.conditional}`,
    );
  }
  return {
    ...spec,
    request,
    maxBodyBytes: spec.maxBodyBytes ?? MIB,
    maxBodyValues: spec.maxBodyValues ?? (isAnonymous(spec.access) ? MOST_ANONYMOUS_VALUES : MOST_VALUES),
    acceptsForm: spec.acceptsForm ?? false,
    rawBody: spec.rawBody ?? [],
    acceptsBasic: spec.acceptsBasic ?? false,
    quiet: spec.quiet ?? false,
    problems: spec.problems ?? [],
  };
}

const isAnonymous = (access: Access): boolean => access === 'public' || access === 'unsigned';

/** @returns the placeholders of a path template, without their braces */
export function placeholdersIn(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

function assertPath(path: string, operationId: string): void {
  if (/^(?:\/(?:[A-Za-z0-9._~-]+|\{\w+\}))+$/.test(path)) return;
  throw new TypeError(`${operationId}: ${path} must be segments of plain text or {placeholder}`);
}

function assertKeyable({ idempotencyKey, access, responses, operationId }: Keyable): void {
  if (idempotencyKey === undefined) return;
  if (access === 'unsigned' || access === 'public' || access === 'internal') {
    throw new TypeError(`${operationId}: an Idempotency-Key belongs to a caller, and here is none`);
  }
  const types = Object.values(responses).flatMap(({ contentType = [] }) => contentType);
  if (!types.every((type) => type.endsWith('json'))) {
    throw new TypeError(`${operationId}: only an answer in JSON is kept for an Idempotency-Key`);
  }
}
type Keyable = Pick<EndpointDescription, 'idempotencyKey' | 'access' | 'operationId'> & {
  responses: Responses;
};

function assertParams(path: string, params: z.ZodType | undefined, operationId: string): void {
  const inPath = placeholdersIn(path).toSorted().join(', ');
  const described = params instanceof z.ZodObject ? Object.keys(params.shape) : [];
  const inSchema = described.toSorted().join(', ');
  if (inPath !== inSchema) {
    throw new TypeError(`${operationId}: the path has {${inPath}}, request.params has {${inSchema}}`);
  }
}
