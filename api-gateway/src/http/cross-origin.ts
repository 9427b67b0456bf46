import type { IncomingMessage } from 'node:http';
import type { SecurityHeaders } from './security-headers.ts';

/** The origins whose pages may read the answers (CORS in the Fetch standard). */
export type AllowedOrigins = '*' | readonly string[];

export interface CrossOrigin {
  /** The gateway's own headers for an answer to a page of `origin`. */
  headersFor(origin: string | undefined): SecurityHeaders;
  /** Whether the request is a preflight of an allowed origin. */
  isPreflight(request: IncomingMessage): boolean;
}

const EXPOSED =
  'etag, link, location, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id';
const TAKEN = 'authorization, content-type, idempotency-key, if-match, if-none-match, prefer, traceparent';
const REMEMBERED_SECONDS = '600';

/**
 * Tokens travel in `Authorization`, which no browser adds by itself. So cookies are never allowed, and any origin
 * may be.
 *
 * @param own the security headers of every answer
 * @param allowed undefined: no other origin
 */
export function createCrossOrigin(own: SecurityHeaders, allowed: AllowedOrigins | undefined): CrossOrigin {
  if (allowed === undefined) return { headersFor: () => own, isPreflight: () => false };
  // CORS headers of a service are dropped: the gateway alone decides.
  const names = new Set([...own.names, ...ANSWER_NAMES]);
  const withOrigin = (origin: string | undefined): SecurityHeaders => ({
    flat: [
      ...own.flat,
      ...(allowed === '*' ? [] : ['vary', 'Origin']),
      ...(origin === undefined
        ? []
        : ['access-control-allow-origin', origin, 'access-control-expose-headers', EXPOSED]),
    ],
    names,
  });
  const others = withOrigin(allowed === '*' ? '*' : undefined);
  const known = new Map((allowed === '*' ? [] : allowed).map((origin) => [origin, withOrigin(origin)]));

  return {
    headersFor: (origin) => (origin === undefined ? others : (known.get(origin) ?? others)),
    isPreflight: ({ method, headers }) =>
      method === 'OPTIONS' &&
      headers.origin !== undefined &&
      headers['access-control-request-method'] !== undefined &&
      (allowed === '*' || known.has(headers.origin)),
  };
}

const ANSWER_NAMES = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-expose-headers',
  'access-control-max-age',
];

/** The answer to a preflight. */
export function preflightHeaders(methods: readonly string[]): Record<string, string> {
  return {
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': TAKEN,
    'access-control-max-age': REMEMBERED_SECONDS,
  };
}
