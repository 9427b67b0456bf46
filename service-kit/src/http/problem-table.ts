/** The HTTP status and title of every code of a service. A missing code does not compile. */
export type ProblemTable<Code extends string = string> = Readonly<
  Record<Code, { status: number; title: string }>
>;

/** The problems of the kit itself. */
export const shellProblems = {
  ambiguous_path: { status: 400, title: 'Ambiguous path' },
  malformed_request: { status: 400, title: 'Malformed request' },
  malformed_json: { status: 400, title: 'Malformed JSON' },
  invalid_request: { status: 400, title: 'Invalid request' },
  invalid_cursor: { status: 400, title: 'Invalid cursor' },
  unauthenticated: { status: 401, title: 'Not authenticated' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  idempotency_in_progress: { status: 409, title: 'The first request with this key is still running' },
  precondition_failed: { status: 412, title: 'It has changed meanwhile' },
  payload_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: { status: 415, title: 'Media type not supported' },
  expectation_failed: { status: 417, title: 'Expectation failed' },
  misdirected_request: { status: 421, title: 'This host is not served here' },
  idempotency_key_reused: { status: 422, title: 'The key was used for another request' },
  precondition_required: { status: 428, title: 'The request must be conditional' },
  idempotency_key_required: { status: 428, title: 'An Idempotency-Key is needed' },
  too_many_connections: { status: 429, title: 'Too many connections' },
  headers_too_large: { status: 431, title: 'Headers too large' },
  internal_error: { status: 500, title: 'Internal error' },
  service_unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const satisfies ProblemTable;

export type ShellProblem = keyof typeof shellProblems;
