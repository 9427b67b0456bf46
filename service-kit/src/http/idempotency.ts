import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { z } from 'zod';
import type { Identity } from '../identity/index.ts';
import type { Logger } from '../logging/index.ts';
import { DomainError, type DomainErrorExtra } from './domain-error.ts';
import type { Endpoint } from './endpoint.ts';
import type { Reply, ReplyHeaders } from './send.ts';

export const IDEMPOTENCY_HEADER = 'idempotency-key';

/** Source: draft-ietf-httpapi-idempotency-key-header, with the usual length. The key is opaque, so quotes are part of it. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7E]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
  .meta({ description: 'Chosen by the caller, for example a UUID. A repeated request sends the same key' });

/** An answer that is kept for repetitions: the reply of the handler, or the refusal that it threw. */
export type KeptAnswer =
  | { status: number; headers: ReplyHeaders; body?: string }
  | { refusal: { code: string; detail?: string } & Required<DomainErrorExtra> };

/** A key that this request is the first to use. Call exactly one of the two. */
export interface KeyInUse {
  /** Keeps the answer for repetitions. */
  keep(answer: KeptAnswer): Promise<void>;
  /** Forgets the key, as if it had never been used. */
  release(): Promise<void>;
}

/** Remembers keys and their answers. `createIdempotencyKeys` of the mongo part implements it. */
export interface IdempotencyKeys {
  /**
   * @param id hash of caller, route and key
   * @param fingerprint hash of target and body
   */
  use(
    id: string,
    fingerprint: string,
  ): Promise<
    | { state: 'first'; inUse: KeyInUse }
    | { state: 'answered'; answer: KeptAnswer }
    | { state: 'running' }
    | { state: 'reused' }
  >;
}

export interface OnceOptions {
  keys: IdempotencyKeys;
  id: string;
  fingerprint: string;
  /** @returns the status of a problem code */
  statusOf: (code: string) => number;
  logger: Logger;
}

/** @returns a hash of caller, route and key, which does not reveal the key */
export const keyIdOf = ({ method, path }: Endpoint, { userId }: Identity, key: string): string =>
  digest(['key', userId, method, path, key]);

/** @returns a hash of target and body; the order of fields does not matter */
export const fingerprintOf = ({ originalUrl }: Request, content: unknown): string =>
  digest(['content', originalUrl, content]);

/**
 * Runs `handle` for the first request with a key, and gives its answer to repetitions. Answers that may differ next time
 * are not kept: 429, 5xx, and errors that are no refusal.
 *
 * @throws {DomainError} `idempotency_key_reused`, `idempotency_in_progress`, and what `handle` throws or threw
 */
export async function answerOnce(options: OnceOptions, handle: () => Promise<Reply>): Promise<Reply> {
  const used = await options.keys.use(options.id, options.fingerprint);
  if (used.state === 'reused') {
    throw new DomainError('idempotency_key_reused', 'This key was used for another request');
  }
  if (used.state === 'running') {
    const headers = { 'retry-after': '1' };
    throw new DomainError('idempotency_in_progress', 'The first request is still being answered', {
      headers,
    });
  }
  if (used.state === 'answered') return answerAgain(used.answer);
  return await answerFirst(options, used.inUse, handle);
}

async function answerFirst(
  { statusOf, logger }: OnceOptions,
  inUse: KeyInUse,
  handle: () => Promise<Reply>,
): Promise<Reply> {
  // The effect has happened or not. The answer is sent even when the key cannot be updated.
  const end = (ended: Promise<void>): Promise<void> =>
    ended.catch((error: unknown) => logger.warn('Idempotency key not updated', { error }));
  try {
    const { status, headers, body } = await handle();
    if (isKept(status))
      await end(inUse.keep({ status, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }));
    else await end(inUse.release());
    return { status, headers, body };
  } catch (error) {
    if (error instanceof DomainError && isKept(statusOf(error.code))) {
      const { code, detail, members, headers } = error;
      await end(inUse.keep({ refusal: { code, members, headers, ...(detail !== undefined && { detail }) } }));
    } else {
      await end(inUse.release());
    }
    throw error;
  }
}

function answerAgain(answer: KeptAnswer): Reply {
  if ('refusal' in answer) {
    const { code, detail, members, headers } = answer.refusal;
    throw new DomainError(code, detail, { members, headers });
  }
  const { status, headers, body } = answer;
  return { status, headers, body: body === undefined ? undefined : JSON.parse(body) };
}

const isKept = (status: number): boolean => status < 500 && status !== 429;

function digest(parts: readonly unknown[]): string {
  return createHash('sha256')
    .update(canonicalize(parts) ?? '')
    .digest('base64url');
}
