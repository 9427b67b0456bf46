import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse as parseForm } from 'node:querystring';
import { ClientGoneError } from './client-gone-error.ts';
import { DomainError } from './domain-error.ts';
import type { ShellProblem } from './problem-table.ts';
import { LONGEST_PATH } from './validation.ts';
import { isUtf8Escaped, mayBeIllFormed, pathOfIllFormed } from './well-formed.ts';

// Why not express.json(): it reads a refused body to its end before it answers, and it silently replaces bytes that are not
// UTF-8. Why not raw-body and secure-json-parse: mapping their errors takes as much code as they save, and the second does
// not say at which path `__proto__` is.

export interface BodyOptions {
  /** In bytes. */
  maxBodyBytes: number;
  /** Maximum number of values in a JSON body, at all levels. */
  maxBodyValues: number;
  /** Whether a form may be sent instead of JSON, or only a form. */
  acceptsForm: boolean | 'only';
}

const JSON_TYPE = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json$/;
const FORM_TYPE = 'application/x-www-form-urlencoded';
const MOST_FORM_FIELDS = 100;
/** Decoding a megabyte of escapes would block the event loop, and no form is that long. */
const MOST_FORM_BYTES = 131_072;
const DEEPEST = 64;
const [QUOTE, BACKSLASH] = Buffer.from('"\\\\');
const [COMMA, AMPERSAND] = Buffer.from(',&');
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('[]{}');

/**
 * Reads and parses the body of a request.
 *
 * @returns undefined when there is no body
 * @throws {DomainError} `unsupported_media_type`, `payload_too_large`, `malformed_json`, `invalid_request`
 * @throws {ClientGoneError}
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  options: BodyOptions,
): Promise<unknown> {
  const length = request.headers['content-length'];
  if (request.headers['transfer-encoding'] === undefined && (length === undefined || Number(length) === 0)) {
    return undefined;
  }
  const { parse, maxBytes } = readerFor(request, options);
  if (Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  // A client that sent `Expect: 100-continue` may send its body now.
  if (request.headers.expect !== undefined) response.writeContinue();
  const content = await readAll(request, maxBytes);
  return content.length === 0 ? undefined : parse(content);
}

interface BodyReader {
  parse: (content: Buffer) => unknown;
  maxBytes: number;
}

function readerFor(request: IncomingMessage, options: BodyOptions): BodyReader {
  const { acceptsForm, maxBodyBytes: maxBytes, maxBodyValues } = options;
  if ((request.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    throw refusal('unsupported_media_type', 'Send the body without content encoding');
  }
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.find((parameter) => parameter.trim().startsWith('charset='));
  if (charset && !/^\s*charset="?utf-8"?\s*$/.test(charset)) {
    throw refusal('unsupported_media_type', 'Send the body in UTF-8');
  }
  if (acceptsForm !== 'only' && JSON_TYPE.test(type.trim())) {
    return { parse: (content) => parseJson(content, maxBodyValues), maxBytes };
  }
  if (acceptsForm !== false && type.trim() === FORM_TYPE) {
    return { parse: formFields, maxBytes: Math.min(maxBytes, MOST_FORM_BYTES) };
  }
  const taken = { only: FORM_TYPE, true: `application/json or ${FORM_TYPE}`, false: 'application/json' };
  throw refusal('unsupported_media_type', `Send ${taken[`${acceptsForm}`]}`);
}

function readAll(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) {
        stop();
        request.pause();
        reject(tooLarge(maxBytes));
      }
    };
    const onEnd = (): void => {
      stop();
      const [first] = chunks;
      resolve(first && chunks.length === 1 ? first : Buffer.concat(chunks, size));
    };
    const onGone = (): void => {
      stop();
      reject(new ClientGoneError());
    };
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

function parseJson(content: Buffer, maxValues: number): unknown {
  if (!isUtf8(content)) throw refusal('malformed_json', 'The body is not UTF-8');
  assertBounded(content, maxValues);
  const text = content.toString();
  let value: unknown;
  try {
    // RFC 8259, section 8.1, lets a parser ignore a byte order mark.
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch {
    throw refusal('malformed_json', 'The body is not valid JSON');
  }
  const path = mayContainPrototype(text) ? pathOfPrototype(value, '') : undefined;
  if (path !== undefined) {
    throw refusal('invalid_request', 'A field has a forbidden name', [
      { path: path.slice(0, LONGEST_PATH), message: 'Unknown field' },
    ]);
  }
  const illFormed = mayBeIllFormed(text) ? pathOfIllFormed(value) : undefined;
  if (illFormed !== undefined) {
    throw refusal('invalid_request', 'A text is not well-formed Unicode', [
      { path: illFormed.slice(0, LONGEST_PATH), message: 'must not have half a surrogate pair' },
    ]);
  }
  return value;
}

/**
 * Limits depth and number of values. Validators and drivers walk a body recursively and take time for each value: no body
 * may exhaust the stack or block the event loop.
 */
function assertBounded(content: Buffer, maxValues: number): void {
  let depth = 0;
  let values = 1;
  let inText = false;
  for (let index = 0; index < content.length; index += 1) {
    const byte = content[index];
    if (inText) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === COMMA) values += 1;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth += 1;
      values += 1;
      if (depth > DEEPEST) {
        throw refusal('malformed_json', `The body is nested deeper than ${DEEPEST} levels`);
      }
    }
    if (values > maxValues) {
      throw refusal('payload_too_large', `The body may have at most ${maxValues} values`);
    }
  }
}

/** A quick check, so that ordinary bodies are not walked: the name, or an escape that could spell it. */
function mayContainPrototype(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u005f') || text.includes('\\u005F');
}

/** The key is harmless in JSON, but a later `Object.assign` would set the prototype. */
function pathOfPrototype(value: unknown, path: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const innerPath = path === '' ? key : `${path}.${key}`;
    const found = key === '__proto__' ? innerPath : pathOfPrototype(inner, innerPath);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * @returns an object without a prototype; a repeated name has an array
 * @throws {DomainError} `payload_too_large` for too many fields. None is dropped silently, because a repeated one could hide
 * among the dropped ones.
 */
function formFields(content: Buffer): unknown {
  if (!isUtf8(content)) throw refusal('invalid_request', 'The form is not UTF-8');
  let fields = 1;
  for (let at = 0; at < content.length; at += 1) {
    if (content[at] === AMPERSAND) fields += 1;
    if (fields > MOST_FORM_FIELDS) {
      throw refusal('payload_too_large', `A form may have at most ${MOST_FORM_FIELDS} fields`);
    }
  }
  const text = content.toString();
  if (!isUtf8Escaped(text)) throw refusal('invalid_request', 'The form is not UTF-8');
  return parseForm(text, '&', '=', { maxKeys: 0 });
}

function tooLarge(maxBytes: number): DomainError {
  return refusal('payload_too_large', `The body may have at most ${maxBytes} bytes`);
}

function refusal(
  code: ShellProblem,
  detail: string,
  errors?: { path: string; message: string }[],
): DomainError {
  return new DomainError(code, detail, errors && { members: { errors } });
}
