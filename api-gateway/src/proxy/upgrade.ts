import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { bearerToken } from '../identity/bearer-token.ts';
import { canonicalTarget } from '../routing/canonical-target.ts';
import { requestHost } from '../routing/request-host.ts';
import type { RouteTable } from '../routing/route-table.ts';
import { hasBody } from './request-body.ts';

/** Stands before a token among the offered subprotocols. */
const TOKEN_MARK = 'bearer';

/** A request that is to become a WebSocket. */
export interface Upgrade {
  /** The client's connection, which is not HTTP any more. */
  socket: Socket;
  /** Of the client, by its header or among its subprotocols, because a browser can set no header here. */
  token: string | undefined;
  /** The subprotocols that are offered to the service. */
  protocols: string;
  /** The client named its token among the subprotocols, and expects one of them in the answer. */
  offeredToken: boolean;
}

/**
 * Whether a request is to become a WebSocket: it asks for that (RFC 6455, 4.1), and a route with `stream` takes it.
 * Anything else that asks for an upgrade is a request like any other (RFC 9110, 7.8); so is one with a body, which would
 * reach the service as the first bytes of the WebSocket.
 */
export function isUpgrade(table: RouteTable, request: IncomingMessage): boolean {
  const { method, httpVersion, headers, url = '' } = request;
  if (method !== 'GET' || httpVersion !== '1.1' || headers.host === undefined) return false;
  if (hasBody(request)) return false;
  if (headers.upgrade?.toLowerCase() !== 'websocket') return false;
  const target = canonicalTarget(url);
  if (!target) return false;
  const route = table.match(method, target.path, requestHost(target, request) ?? '');
  return route?.publish === undefined && route?.stream === true;
}

/** `Sec-WebSocket-Protocol: bearer, <token>, chat` brings a token and offers `chat`. */
export function readUpgrade({ headers }: IncomingMessage, socket: Socket): Upgrade {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const tokens: (string | undefined)[] = [];
  const protocols: string[] = [];
  for (let i = 0; i < offered.length; i += 1) {
    const name = offered[i] ?? '';
    // However often there is one, none of them is for the service.
    if (name.toLowerCase() === TOKEN_MARK) tokens.push(offered[(i += 1)]);
    else if (name !== '') protocols.push(name);
  }
  return {
    socket,
    token: bearerToken(headers.authorization) ?? tokens[0],
    protocols: protocols.join(', '),
    offeredToken: tokens.length > 0,
  };
}

/** What the client is answered where the service has chosen none of its subprotocols; undefined: nothing. */
export function protocolInstead({ offeredToken }: Upgrade): string | undefined {
  return offeredToken ? TOKEN_MARK : undefined;
}
