/** Error codes of undici and the system for a connection that failed or was lost. */
const CONNECTION_FAILURES: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
]);

const TIMEOUTS: ReadonlySet<string> = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT']);

export function isConnectionFailure(error: Error): boolean {
  return CONNECTION_FAILURES.has(codeOf(error));
}

export function isTimeout(error: Error): boolean {
  return TIMEOUTS.has(codeOf(error));
}

export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
