import { isIdentityHeader } from 'service-kit/identity';
import { connectionNames, isHopByHop } from './hop-headers.ts';

// Frequent headers that pass without further checks.
const HARMLESS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-type',
  'cookie',
  'if-match',
  'if-none-match',
  'idempotency-key',
  'origin',
  'prefer',
  'referer',
  'user-agent',
]);

/** The gateway sets these itself, or they would override its decisions (another method, path or address). */
const DROPPED: ReadonlySet<string> = new Set([
  'client-ip',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'proxy',
  // May hold the access token. For an upgrade the other subprotocols are sent on.
  'sec-websocket-protocol',
  'traceparent',
  'true-client-ip',
  'via',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
]);

/** Prefixes of headers that are never passed on. */
const DROPPED_PREFIXES = ['x-user-', 'x-gateway-', 'x-session-', 'x-forwarded-', 'x-original-'];

export interface PassedHeadersOptions {
  rawHeaders: readonly string[];
  connection: string | undefined;
  /** OAuth clients authenticate with Basic. Every other credential ends at the gateway. */
  passBasic: boolean;
  /** `tracestate` means nothing without the traceparent that it belongs to. */
  passTracestate: boolean;
}

/** The client's headers that a service may receive: names and values in turn. */
export function passedHeaders(options: PassedHeadersOptions): string[] {
  const { rawHeaders, connection, passBasic, passTracestate } = options;
  const connectionOnly = connectionNames(connection);
  const passed: string[] = [];
  let authorized = false;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    if (connectionOnly?.has(name)) continue;
    if (name === 'authorization') {
      if (!passBasic || authorized || !isBasic(value)) continue;
      authorized = true;
    } else if (name === 'tracestate') {
      if (!passTracestate) continue;
    } else if (!HARMLESS.has(name) && isDropped(name)) {
      continue;
    }
    passed.push(name, value);
  }
  return passed;
}

function isDropped(name: string): boolean {
  // CGI-like servers read `_` and `.` in a name as `-`, so those spellings are dropped as well.
  const plain = /[^a-z0-9-]/.test(name) ? name.replaceAll(/[^a-z0-9-]/g, '-') : name;
  return (
    isHopByHop(plain) ||
    DROPPED.has(plain) ||
    plain === 'authorization' ||
    isIdentityHeader(plain) ||
    DROPPED_PREFIXES.some((prefix) => plain.startsWith(prefix))
  );
}

function isBasic(value: string): boolean {
  return value.slice(0, 6).toLowerCase() === 'basic ';
}
