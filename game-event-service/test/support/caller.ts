import { randomBytes, randomUUID } from 'node:crypto';
import { signIdentity, type Identity, type Role } from 'service-kit/identity';
import { expect } from 'vitest';
import type { z } from 'zod';
import { SIGNING_KEY } from './environment.ts';

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

export interface Call {
  /** Without one the request is not signed at all. */
  as?: Identity;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

export type Caller = (method: string, target: string, call?: Call) => Promise<Answer>;

/** The headers that the gateway gives to a request of this caller. */
export function signedHeaders(as: Identity, method: string, target: string): Record<string, string> {
  return signIdentity({
    service: 'game-event-service',
    key: SIGNING_KEY,
    now: Date.now(),
    method,
    target,
    identity: as,
    requestId: randomUUID(),
  });
}

/** Calls a service as the gateway does: with identity headers under its signature. */
export function createCaller(url: string): Caller {
  return async (method, target, { as, body, headers } = {}) => {
    const signed = as && signedHeaders(as, method, target);
    const response = await fetch(`${url}${target}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...signed, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : parsed(text),
    };
  };
}

function parsed(text: string): unknown {
  return JSON.parse(text);
}

export function account(roles: Role[] = ['USER'], userId = `acc_${random()}`): Identity {
  return { userId, sessionId: `ses_${random()}`, roles, scopes: [], clientAddress: '127.0.0.1' };
}

export function client(scopes: string[]): Identity {
  return { userId: `cli_${random()}`, sessionId: '', roles: [], scopes, clientAddress: '127.0.0.1' };
}

const random = (): string => randomBytes(16).toString('base64url');

/** The body of an answer that has to have this status and the shape that is documented for it. */
export function bodyOf<Schema extends z.ZodType>(
  answer: Answer,
  status: number,
  schema: Schema,
): z.output<Schema> {
  expect(answer).toMatchObject({ status });
  return schema.parse(answer.body);
}

export function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer).toMatchObject({ status, body: { status, code, type: `urn:laurel:problem:${code}` } });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
}
