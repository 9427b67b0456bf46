import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { DomainError, type InputError } from 'service-kit/http';
import { z } from 'zod';

/** The contract of one message type: its data is the body of a publish request. */
export interface MessageContract {
  type: string;
  /** JSON Schema (2020-12) of the data. */
  schema: object;
  /** @throws DomainError `invalid_request` with the first problem of the body */
  read(body: unknown): object;
}

export interface MessageContracts {
  /** @throws Error if there is no such contract, or it cannot be used */
  get(name: string): MessageContract;
  /** Why the contract cannot be used; undefined if it can. */
  problemOf(name: string): string | undefined;
}

const CONTRACTS = new URL('../../contracts/', import.meta.url);

const contractFile = z.object({
  properties: z.object({
    type: z.object({ const: z.string() }),
    data: z.record(z.string(), z.unknown()),
  }),
});

/** The contracts of messages, each read at its first use. */
export function createMessageContracts(folder: URL = CONTRACTS): MessageContracts {
  const known = new Map<string, MessageContract>();

  function get(name: string): MessageContract {
    const contract = known.get(name) ?? readContract(name, folder);
    known.set(name, contract);
    return contract;
  }

  function problemOf(name: string): string | undefined {
    try {
      get(name);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  return { get, problemOf };
}

function readContract(name: string, folder: URL): MessageContract {
  const { type, data } = parseFile(name, folder).properties;
  const schema = closed(data);
  // Only the first error: all errors of a body with millions of small ones would take a gigabyte.
  const ajv = new Ajv2020({ strict: true, allErrors: false });
  ajv.addFormat('date-time', (text) => z.iso.datetime({ offset: true }).safeParse(text).success);
  const isData = ajv.compile<object>(schema);
  return {
    type: type.const,
    schema,
    read(body) {
      if (isData(body)) return body;
      const errors = [inputError(isData.errors?.[0])];
      throw new DomainError('invalid_request', 'The body does not match the contract of the message', {
        members: { errors },
      });
    },
  };
}

function parseFile(name: string, folder: URL): z.output<typeof contractFile> {
  try {
    return contractFile.parse(JSON.parse(readFileSync(new URL(`${name}.schema.json`, folder), 'utf8')));
  } catch (error) {
    throw new Error(`there is no contract "${name}" of a message with data`, { cause: error });
  }
}

/** Receivers of messages ignore unknown fields, but HTTP requests with unknown fields are refused. */
function closed(schema: Record<string, unknown>): Record<string, unknown> {
  const parts = Object.entries(schema).map(([key, value]) => [key, closedWithin(value)]);
  const isOpen = 'properties' in schema && !('additionalProperties' in schema);
  return { ...Object.fromEntries(parts), ...(isOpen && { additionalProperties: false }) };
}

function closedWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedWithin);
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  return object.success ? closed(object.data) : value;
}

const namedProperty = z.union([
  z.object({ missingProperty: z.string() }).transform(({ missingProperty }) => missingProperty),
  z.object({ additionalProperty: z.string() }).transform(({ additionalProperty }) => additionalProperty),
]);

/** A longer path contains only text of the caller. */
const LONGEST_PATH = 200;

/** A missing `at` in `/items/0` is an error at `items.0.at`, as in the services' answers. */
function inputError(error: ErrorObject | undefined): InputError {
  const steps = (error?.instancePath ?? '').split('/').slice(1).map(unescaped);
  const named = namedProperty.safeParse(error?.params);
  const path = [...steps, ...(named.success ? [named.data] : [])].join('.').slice(0, LONGEST_PATH);
  const isUnknown = error?.keyword === 'additionalProperties';
  return { path, message: isUnknown ? 'Unknown field' : (error?.message ?? 'is not valid') };
}

/** RFC 6901, 4. */
function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
