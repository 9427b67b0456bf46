import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../logging/index.ts';
import type { Connection } from './connection.ts';
import { problemBody, sendProblem } from './problem.ts';
import { shellProblems, type ShellProblem } from './problem-table.ts';
import { securityHeaderValues } from './security-headers.ts';

/** Answers unreadable requests. Node's own answers have no body, request id or security headers. */
export interface UnreadableRequests {
  /** Answers with a problem after all owed answers, and ends the connection. */
  refuseNext(connection: Connection, code: ShellProblem, reason: string): void;
  /** @returns the request with an incomplete body, unless the connection was refused */
  unfinishedOn(connection: Connection): IncomingMessage | undefined;
  /** Ends a connection in the middle of a body. The handler of the request sees that the client is gone. */
  refuseUnfinished(connection: Connection, code: ShellProblem, reason: string): void;
  /** For Node's `clientError`. */
  onClientError(error: Error, connection: Connection): void;
  /** Refuses a request with two `Host` headers, or with none in HTTP/1.1 (RFC 9112, 3.2). Returns whether it did. */
  refusesHost(request: IncomingMessage, response: ServerResponse): boolean;
}

export interface UnreadableRequestsOptions {
  logger: Logger;
  /** Called for every refusal. */
  onRefused: (code: ShellProblem) => void;
}

/** Error codes of llhttp and Node that are not `malformed_request`. */
const CODES: Readonly<Record<string, ShellProblem>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

export function createUnreadableRequests({
  logger,
  onRefused,
}: UnreadableRequestsOptions): UnreadableRequests {
  const headers = securityHeaderValues();
  // The parser reports an error again for all bytes after the first one.
  const refused = new WeakSet<Connection>();

  function noteRefusal(code: ShellProblem, socket: Socket, reason: string): string {
    const requestId = randomUUID();
    const { status } = shellProblems[code];
    // Never the error itself: it holds the received bytes, with tokens.
    const clientAddress = socket.remoteAddress;
    logger.info('Unreadable request refused', { requestId, status, code, reason, clientAddress });
    onRefused(code);
    return requestId;
  }

  /** Ends the connection with an answer, unless it has already ended. */
  function refuse(connection: Connection, code: ShellProblem, reason: string): void {
    const { socket, isEnding } = connection;
    if (!isEnding && socket.writable) connection.end(rawAnswer(code, noteRefusal(code, socket, reason)));
  }

  function refuseNext(connection: Connection, code: ShellProblem, reason: string): void {
    if (refused.has(connection)) return;
    refused.add(connection);
    connection.endAfterAnswers(() => refuse(connection, code, reason));
  }

  function onClientError(error: Error, connection: Connection): void {
    if (refused.has(connection)) return;
    const reason = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    const code = CODES[reason] ?? 'malformed_request';
    const { latest, socket } = connection;
    if (!reason.startsWith('HPE_') && code === 'malformed_request') {
      socket.destroy(); // The connection itself has failed.
    } else if (connection.unfinished) {
      refuseUnfinished(connection, code, reason);
    } else {
      // Earlier requests on the connection keep their answers.
      if (latest && !latest.req.complete) connection.forget(latest);
      refuseNext(connection, code, reason);
    }
  }

  function refuseUnfinished(connection: Connection, code: ShellProblem, reason: string): void {
    refused.add(connection);
    const { current } = connection;
    if (current?.headersSent === false) refuse(connection, code, reason);
    else connection.end();
  }

  function unfinishedOn(connection: Connection): IncomingMessage | undefined {
    return refused.has(connection) ? undefined : connection.unfinished;
  }

  function rawAnswer(code: ShellProblem, requestId: string): string {
    const { status, title } = shellProblems[code];
    const body = JSON.stringify(problemBody({ status, title, code, requestId }, ''));
    const lines = Object.entries({
      ...headers,
      'x-request-id': requestId,
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(body),
      date: new Date().toUTCString(),
      connection: 'close',
    }).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
  }

  return {
    refuseNext,
    unfinishedOn,
    refuseUnfinished,
    onClientError,
    refusesHost: (request, response) => {
      const { httpVersion, rawHeaders } = request;
      const hosts = countOfHosts(rawHeaders);
      if (hosts === 1 || (hosts === 0 && httpVersion !== '1.1')) return false;
      const code = 'malformed_request';
      const requestId = noteRefusal(code, request.socket, hosts === 0 ? 'NO_HOST' : 'TWO_HOSTS');
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value ?? '');
      response.setHeader('x-request-id', requestId);
      const close = { connection: 'close' };
      void sendProblem(request, response, { ...shellProblems[code], code, requestId, headers: close });
      return true;
    },
  };
}

/** @param rawHeaders names and values, alternating */
function countOfHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}
