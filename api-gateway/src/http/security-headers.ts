import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/** Helmet's headers as data. They are the same for every answer, so they are built once. */
export interface SecurityHeaders {
  /** Names and values in turn, as `writeHead` takes them. */
  flat: readonly string[];
  /** Lower-case names. */
  names: ReadonlySet<string>;
}

/** For an API: a browser may run, frame or fetch nothing from an answer. */
export function apiSecurityHeaders(): SecurityHeaders {
  return securityHeaders({ 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] });
}

/** For the documentation: scripts, styles and images from here, and calls to this host. */
export function docsSecurityHeaders(): SecurityHeaders {
  return securityHeaders({
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'img-src': ["'self'", 'data:'],
    'connect-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  });
}

function securityHeaders(directives: Record<string, string[]>): SecurityHeaders {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet({ contentSecurityPolicy: { useDefaults: false, directives } })(request, response, () => undefined);
  const entries = Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]);
  return { flat: entries.flat(), names: new Set(entries.map(([name]) => (name ?? '').toLowerCase())) };
}
