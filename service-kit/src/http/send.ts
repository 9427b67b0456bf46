import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hasOpenBody } from './unread-body.ts';
import { jsonText } from './well-formed.ts';

export type ReplyHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** An answer. `body` is sent as JSON; bytes and streams are sent as they are and need a `content-type`. */
export interface Reply<Status extends number = number, Body = unknown> {
  status: Status;
  body: Body;
  headers: ReplyHeaders;
}

/** Makes an answer, with or without a body. */
export function reply<Status extends number>(
  status: Status,
  body?: undefined,
  headers?: ReplyHeaders,
): Reply<Status, undefined>;
export function reply<Status extends number, const Body>(
  status: Status,
  body: Body,
  headers?: ReplyHeaders,
): Reply<Status, Body>;
export function reply(status: number, body?: unknown, headers: ReplyHeaders = {}): Reply {
  return { status, body, headers };
}

/** Sends an answer. Resolves when it is handed to the connection, or when a stream has ended. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers }: Reply,
): Promise<void> {
  response.statusCode = status;
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  if (body instanceof Readable) {
    await pipeline(body, response);
    return;
  }
  const content = contentOf(body, response);
  if (content !== undefined) response.setHeader('content-length', Buffer.byteLength(content));
  else if (status !== 204 && status !== 304) response.setHeader('content-length', 0);

  // The connection then lingers, so that the answer reaches a client that is still sending.
  if (hasOpenBody(request)) response.setHeader('connection', 'close');
  response.end(content);
}

function contentOf(body: unknown, response: ServerResponse): string | Uint8Array | undefined {
  if (body === undefined) return undefined;
  if (body instanceof Uint8Array) return body;
  if (!response.hasHeader('content-type')) {
    response.setHeader('content-type', 'application/json; charset=utf-8');
  }
  return jsonText(body);
}
