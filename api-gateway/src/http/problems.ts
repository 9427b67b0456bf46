import type { ProblemTable } from 'service-kit/http';

/** The problems of the gateway. Titles reveal nothing about the services behind it. */
export const problems = {
  ambiguous_path: { status: 400, title: 'The path could be read in more than one way' },
  malformed_request: { status: 400, title: 'The request is not one that HTTP allows' },
  malformed_json: { status: 400, title: 'Malformed JSON' },
  invalid_request: { status: 400, title: 'Invalid request' },
  unauthenticated: { status: 401, title: 'Not authenticated' },
  forbidden: { status: 403, title: 'Not allowed' },
  no_route: { status: 404, title: 'No such route' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  precondition_failed: { status: 412, title: 'It has changed meanwhile' },
  payload_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: { status: 415, title: 'Media type not supported' },
  expectation_failed: { status: 417, title: 'Expectation failed' },
  misdirected_request: { status: 421, title: 'This host is not served here' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Internal error' },
  unsupported_transfer_encoding: { status: 501, title: 'Transfer encoding not supported' },
  upstream_failed: { status: 502, title: 'The service could not be reached' },
  service_unavailable: { status: 503, title: 'Temporarily unavailable' },
  upstream_timeout: { status: 504, title: 'The service took too long to answer' },
} as const satisfies ProblemTable;

export type ProblemCode = keyof typeof problems;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}
