/**
 * What services are told here and nowhere else: waiting times short enough that a run of a minute sees leases end,
 * deadlines pass and retries come back.
 */
export const DEADLINE_MS = 20_000;

export const serviceSettings: Record<string, string> = {
  LOG_LEVEL: 'info',
  CLAIM_DEADLINE: `${DEADLINE_MS}ms`,
  OUTBOX_LEASE_MS: '5000',
  RETRY_DELAYS: '1s,2s,5s,10s',
};
