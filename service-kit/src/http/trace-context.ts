import { randomUUID } from 'node:crypto';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
const SAMPLED = 0x01;

export interface TraceContext {
  traceId: string;
  /** The `traceparent` to pass on: the caller's trace with a new span. */
  traceparent: string;
}

/**
 * Continues the caller's trace with a new span, or begins a trace when the header is missing or invalid.
 * Source: W3C Trace Context, sections 3.2 (format, later versions) and 4.3 (mutating).
 */
export function continueTrace(header: string | undefined): TraceContext {
  const caller = parseTraceparent(header);
  const traceId = caller?.traceId ?? randomHex(16);
  const flags = caller?.sampled === false ? '00' : '01';
  return { traceId, traceparent: `00-${traceId}-${randomHex(8)}-${flags}` };
}

/** @returns undefined when the header is missing or invalid */
export function parseTraceparent(
  header: string | undefined,
): { traceId: string; spanId: string; sampled: boolean } | undefined {
  const parts = header === undefined ? null : TRACEPARENT.exec(header);
  if (!parts) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', more] = parts;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Taken from a UUID, because Node gets the random bytes of many UUIDs with one system call. At most 16 bytes. */
function randomHex(bytes: number): string {
  return randomUUID()
    .replaceAll('-', '')
    .slice(-2 * bytes);
}
