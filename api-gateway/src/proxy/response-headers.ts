import type { IncomingHttpHeaders } from 'node:http';
import { connectionNames, isHopByHop } from './hop-headers.ts';
import { protocolInstead, type Upgrade } from './upgrade.ts';

const NONE: ReadonlySet<string> = new Set();

/**
 * A service's response headers that reach the client, as a flat list of names and values.
 *
 * @param own lower-case names of what the gateway sets itself, besides the request's id
 */
export function answeredHeaders(headers: IncomingHttpHeaders, own: ReadonlySet<string>): string[] {
  const connectionOnly = connectionNames(headers.connection);
  const answered: string[] = [];
  for (const name in headers) {
    if (own.has(name) || name === 'x-request-id' || isHopByHop(name) || connectionOnly?.has(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') answered.push(name, value);
    else if (value) for (const each of value) answered.push(name, each);
  }
  return answered;
}

/** The same for an answer with which the connection leaves HTTP. */
export function upgradedHeaders(headers: IncomingHttpHeaders, upgrade: Upgrade): string[] {
  const upgraded = ['connection', 'Upgrade', 'upgrade', 'websocket', ...answeredHeaders(headers, NONE)];
  const instead = headers['sec-websocket-protocol'] === undefined ? protocolInstead(upgrade) : undefined;
  if (instead !== undefined) upgraded.push('sec-websocket-protocol', instead);
  return upgraded;
}
