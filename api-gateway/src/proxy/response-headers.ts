import type { IncomingHttpHeaders } from 'node:http';
import { connectionNames, isHopByHop } from './hop-headers.ts';

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
