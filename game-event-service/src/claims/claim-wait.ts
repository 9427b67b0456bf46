/** Longest time for which a request is held, in seconds: shorter than what proxies commonly allow. */
export const LONGEST_WAIT_S = 8;

export interface Wait {
  ms: number;
  /** For the header `preference-applied`, where the client's wish decided. */
  applied?: string;
}

/**
 * How long a claim waits for its outcome. `Prefer: wait=N` (RFC 7240) asks for N seconds; what is not understood
 * is ignored, as the RFC wants it.
 */
export function waitOf(prefer: string | undefined, defaultMs: number): Wait {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])/i.exec(prefer ?? '')?.[1];
  if (seconds === undefined) return { ms: defaultMs };
  const granted = Math.min(Number(seconds), LONGEST_WAIT_S);
  return { ms: granted * 1_000, applied: `wait=${granted}` };
}
