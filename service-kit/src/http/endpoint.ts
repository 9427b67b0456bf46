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

/** The input of a handler. Each part is parsed. */
export interface EndpointInput<Params, Query, Body, Headers> {
  params: Params;
  query: Query;
  body: Body;
  headers: Headers;
  /** The caller. An anonymous one has an empty `userId`. */
  identity: Identity;
  /**
   * A hash of the `Idempotency-Key` with caller and route; undefined without the header. Repetitions have the same. Derive the
   * id of a created resource from it: then the resource is not created twice, even when the process dies between the
   * effect and the keeping of the answer.
   */
  idempotencyId: string | undefined;
  /** From `If-Match` and `If-None-Match`; empty unless the endpoint is `conditional`. */
  preconditions: Preconditions;
  context: RequestContext;
  /** For streaming only. */
  request: Request;
  response: Response;
}

export interface ResponseSpec {
  description: string;
  /** Schema of the JSON body, which may also be sent as a stream of its text. Leave it out without a body. */
  body?: z.ZodType;
  /** Media type or types of a body that is not JSON. */
  contentType?: string | readonly string[];
  /** Headers to document. */
  headers?: z.ZodObject;
}

export type Responses = Readonly<Record<number, ResponseSpec>>;

/** One of the documented answers: a status and its body. */
export type ReplyOf<Documented extends Responses> = {
  [Status in keyof Documented & number]: Reply<Status, BodyOf<Documented[Status]>>;
}[keyof Documented & number];

type BodyOf<Spec> = Spec extends { body: infer Schema extends z.ZodType }
  ? Sendable<z.input<Schema>> | Readable
  : Spec extends { contentType: string | readonly string[] }
    ? unknown
    : undefined;

/** Accepts read-only values, because they are only sent. */
type Sendable<T> = T extends readonly (infer Item)[]
  ? readonly Sendable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Sendable<T[Key]> }
    : T;

interface EndpointDescription {
  method: Method;
  /** Path template, for example `/v1/events/{eventId}/claims`. */
  path: string;
  /** Unique in the service. Generated clients use it as the name of a function. */
  operationId: string;
  summary: string;
  description?: string;
  tag: string;
  access: Access;
  /** Largest body, in bytes. Default 1 MiB. */
  maxBodyBytes?: number;
  /** Maximum number of values in a JSON body, at all levels. Default 1,000 for anonymous endpoints, else 10,000. */
  maxBodyValues?: number;
  /**
   * Whether `application/x-www-form-urlencoded` is accepted besides JSON, with the same schema. `only` accepts forms
   * alone.
   */
  acceptsForm?: boolean | 'only';
  /** Documents the media types of a body that the handler reads itself. */
  rawBody?: readonly string[];
  /** Documents Basic credentials. The handler reads and checks them. */
  acceptsBasic?: boolean;
  /**
   * Whether the endpoint accepts or requires an `Idempotency-Key`. Repetitions with the same key, caller and route get the
   * first answer. Only for identified callers, and for JSON answers without secrets.
   */
  idempotencyKey?: 'optional' | 'required';
  /** How to treat `If-Match` and `If-None-Match`, when answers have an `ETag`. Default: they are ignored. */
  conditional?: Conditional;
  /** Keeps successful requests out of the access log, for endpoints that are polled. */
  quiet?: boolean;
  /** Documents the problem codes of the handler. The kit adds its own. */
  problems?: readonly string[];
  /** Error bodies of another protocol. Default: problem bodies. */
  refusals?: RefusalForm;
}

/** An endpoint without the types of its input, for `createApp` and `openApiDocument`. */
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
  /** Schemas of the input. A part without a schema is `undefined`, and a body is not read. */
  request?: {
    /** Of the placeholders in `path`. */
    params?: Params;
    /** Unknown parameters are ignored. */
    query?: Query;
    /** Every object in it must be strict (`z.strictObject`), so that unknown fields are refused. */
    body?: Body;
    /** By lower-case name. */
    headers?: Headers;
  };
  responses: Documented;
  /** Returns one of the documented responses, or throws a {@link DomainError}. */
  handle(
    input: EndpointInput<z.output<Params>, z.output<Query>, z.output<Body>, z.output<Headers>>,
  ): Promise<ReplyOf<Documented>>;
}

const MIB = 1_048_576;
/** Refusing a value costs about a microsecond. A signed-in caller can be banned. */
const MOST_ANONYMOUS_VALUES = 1_000;
const MOST_VALUES = 10_000;

/**
 * Defines one endpoint. The schemas type the handler's input and its possible answers, and the API document is generated
 * from them.
 *
 * @throws {TypeError} when placeholders and `params` differ, an object in the body accepts unknown fields, an
 * `Idempotency-Key` is accepted without a caller or for an answer that is not JSON, or `conditional` does not fit the method
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

/** @returns the placeholders of a path template, without braces */
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
    throw new TypeError(`${operationId}: an Idempotency-Key belongs to a caller, and this endpoint has none`);
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
