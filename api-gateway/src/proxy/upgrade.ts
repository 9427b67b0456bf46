import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { bearerToken } from '../identity/bearer-token.ts';
import { canonicalTarget } from '../routing/canonical-target.ts';
import { requestHost } from '../routing/request-host.ts';
import type { RouteTable } from '../routing/route-table.ts';

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
 * Whether a request is to become a WebSocket: it asks for that, and a route with `stream` takes it. Anything else that
 * asks for an upgrade is a request like any other.
 */
export function isUpgrade(table: RouteTable, request: IncomingMessage): boolean {
  const { method, httpVersion, headers, url = '' } = request;
  if (method !== 'GET' || httpVersion !== '1.1' || headers.host === undefined) return false;
  if (headers.upgrade?.toLowerCase() !== 'websocket') return false;
  const target = canonicalTarget(url);
  if (!target) return false;
  const route = table.match(method, target.path, requestHost(target, request) ?? '');
  return route?.publish === undefined && route?.stream === true;
}

/** `Sec-WebSocket-Protocol: bearer, <token>, chat` brings a token and offers `chat`. */
export function readUpgrade({ headers }: IncomingMessage, socket: Socket): Upgrade {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const mark = offered.findIndex((name) => name.toLowerCase() === TOKEN_MARK);
  const [, offeredToken] = mark === -1 ? [] : offered.splice(mark, 2);
  return {
    socket,
    token: bearerToken(headers.authorization) ?? offeredToken,
    protocols: offered.filter((name) => name !== '').join(', '),
    offeredToken: mark !== -1,
  };
}

/** What the client is answered where the service has chosen none of its subprotocols; undefined: nothing. */
export function protocolInstead({ offeredToken }: Upgrade): string | undefined {
  return offeredToken ? TOKEN_MARK : undefined;
}
