import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { bearerToken } from '../identity/access-token.ts';
import { canonicalTarget } from '../routing/canonical-target.ts';
import { requestHost } from '../routing/request-host.ts';
import type { RouteTable } from '../routing/route-table.ts';
import { hasBody } from './request-body.ts';

/** The subprotocol that announces a token as the next one. */
const TOKEN_MARK = 'bearer';

/** A request for a WebSocket. */
export interface Upgrade {
  /** The client's connection, which Node has taken out of its HTTP server. */
  socket: Socket;
  /** From the Authorization header, or from the subprotocols, because browsers cannot set headers here. */
  token: string | undefined;
  /** The subprotocols for the service, without the token. */
  protocols: string;
  /** The client sent its token as a subprotocol and expects one of its subprotocols in the answer. */
  offeredToken: boolean;
}

/**
 * Whether a request becomes a WebSocket: it asks for one (RFC 6455, 4.1), and its route has `stream`. Every other
 * request with `Upgrade` is an ordinary request (RFC 9110, 7.8). So is one with a body, because the body would
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
    // There may be several tokens. The service gets none of them.
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

/** The subprotocol for the client if the service chose none; undefined: no subprotocol. */
export function protocolInstead({ offeredToken }: Upgrade): string | undefined {
  return offeredToken ? TOKEN_MARK : undefined;
}
