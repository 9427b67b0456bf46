import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../logging/index.ts';
import { problemBody, sendProblem } from './problem.ts';
import { shellProblems, type ShellProblem } from './problem-table.ts';
import { securityHeaderValues } from './security-headers.ts';

/** Answers in the place of Node, whose own answers have neither body nor request id nor security headers. */
export interface UnreadableRequests {
  /** To be told of each request with its answer, so that nobody's answer is written into another. */
  began(response: ServerResponse): void;
  /** Answers with a problem after what is still being answered, and ends the connection. */
  refuseNext(socket: Duplex, code: ShellProblem, reason: string): void;
  /** @returns the latest request of a connection, while its body has not come whole */
  unfinishedOn(socket: Duplex): IncomingMessage | undefined;
  /** Ends a connection in the middle of a body; whoever handles the request learns that the client is gone. */
  refuseUnfinished(socket: Duplex, code: ShellProblem, reason: string): void;
  /** For Node's `clientError`. */
  onClientError(error: Error, socket: Duplex): void;
  /** Answers a request of HTTP/1.1 without `Host` (RFC 9112, 3.2); false: there is nothing wrong with it. */
  refusesHost(request: IncomingMessage, response: ServerResponse): boolean;
}

// As long as nginx waits for the next byte of a client whose answer was given early.
const LINGER_MS = 1_000;

/** What llhttp and Node call the errors that are not simply bad requests. */
const CODES: Readonly<Record<string, ShellProblem>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

export function createUnreadableRequests(logger: Logger): UnreadableRequests {
  const headers = securityHeaderValues();
  const latest = new WeakMap<Duplex, ServerResponse>();
  // The parser complains again about everything that comes after its first error.
  const refused = new WeakSet<Duplex>();

  function noteRefusal(code: ShellProblem, socket: Duplex, reason: string): string {
    const requestId = randomUUID();
    const clientAddress: unknown = 'remoteAddress' in socket ? socket.remoteAddress : undefined;
    const { status } = shellProblems[code];
    // Never the error itself: it holds the bytes that were received, tokens and all.
    logger.info('A request could not be read', { requestId, status, code, reason, clientAddress });
    return requestId;
  }

  /** Ends the connection with an answer, and throws away for a moment what the client is still sending. */
  function refuse(socket: Duplex, code: ShellProblem, reason: string): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(rawAnswer(code, noteRefusal(code, socket, reason)));
    const limit = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(limit));
  }

  function refuseNext(socket: Duplex, code: ShellProblem, reason: string): void {
    if (refused.has(socket)) return;
    refused.add(socket);
    socket.on('error', () => socket.destroy());
    const last = latest.get(socket);
    if (!last || last.closed) refuse(socket, code, reason);
    else last.once('close', () => refuse(socket, code, reason));
  }

  function onClientError(error: Error, socket: Duplex): void {
    if (refused.has(socket)) return;
    refused.add(socket);
    const reason = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    const code = CODES[reason] ?? 'malformed_request';
    const last = latest.get(socket);
    if (!reason.startsWith('HPE_') && code === 'malformed_request') {
      socket.destroy(); // The connection itself has failed; there is nobody to answer.
    } else if (!last || last.closed) {
      refuse(socket, code, reason);
    } else if (last.req.complete) {
      // It was what came after that request, which keeps its answer.
      last.once('close', () => refuse(socket, code, reason));
    } else {
      refuseUnfinished(socket, code, reason);
    }
  }

  function refuseUnfinished(socket: Duplex, code: ShellProblem, reason: string): void {
    refused.add(socket);
    const last = latest.get(socket);
    if (last?.socket === socket && !last.headersSent) {
      socket.write(rawAnswer(code, noteRefusal(code, socket, reason)));
    }
    if ('destroySoon' in socket && typeof socket.destroySoon === 'function') socket.destroySoon();
    else socket.destroy();
  }

  function unfinishedOn(socket: Duplex): IncomingMessage | undefined {
    const request = latest.get(socket)?.req;
    return request?.complete === false && !refused.has(socket) ? request : undefined;
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
    began: (response) => void latest.set(response.req.socket, response),
    onClientError,
    refusesHost: (request, response) => {
      if (request.httpVersion !== '1.1' || request.headers.host !== undefined) return false;
      const code = 'malformed_request';
      const requestId = noteRefusal(code, request.socket, 'NO_HOST');
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value ?? '');
      response.setHeader('x-request-id', requestId);
      const close = { connection: 'close' };
      void sendProblem(request, response, { ...shellProblems[code], code, requestId, headers: close });
      return true;
    },
  };
}
