import type { IncomingHttpHeaders } from 'node:http';
import { IDENTITY_HEADERS } from 'service-kit/identity';
import { connectionNames, isHopByHop } from './hop-headers.ts';
import { protocolInstead, type Upgrade } from '../requests/upgrade.ts';

const NONE: ReadonlySet<string> = new Set();

/** Headers that reveal the software behind the gateway, or are between it and the services. */
const INSIDE: ReadonlySet<string> = new Set([...IDENTITY_HEADERS, 'server', 'via', 'x-powered-by']);

/**
 * The service's headers that the client receives: names and values in turn.
 *
 * @param own lower-case names of the headers that the gateway sets itself, besides the request id
 */
export function answeredHeaders(headers: IncomingHttpHeaders, own: ReadonlySet<string>): string[] {
  const connectionOnly = connectionNames(headers.connection);
  const answered: string[] = [];
  for (const name in headers) {
    if (own.has(name) || INSIDE.has(name) || isHopByHop(name) || connectionOnly?.has(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') answered.push(name, value);
    else if (value) for (const each of value) answered.push(name, each);
  }
  return answered;
}

/** The same for a 101 answer. */
export function upgradedHeaders(headers: IncomingHttpHeaders, upgrade: Upgrade): string[] {
  const upgraded = ['connection', 'Upgrade', 'upgrade', 'websocket', ...answeredHeaders(headers, NONE)];
  const instead = headers['sec-websocket-protocol'] === undefined ? protocolInstead(upgrade) : undefined;
  if (instead !== undefined) upgraded.push('sec-websocket-protocol', instead);
  return upgraded;
}
