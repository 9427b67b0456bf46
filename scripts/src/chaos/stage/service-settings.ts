/**
 * Settings for chaos runs only: they are short enough that leases end, deadlines pass and retries return within a run
 * of a minute.
 */
export const DEADLINE_MS = 20_000;

export const serviceSettings: Record<string, string> = {
  LOG_LEVEL: 'info',
  CLAIM_DEADLINE: `${DEADLINE_MS}ms`,
  OUTBOX_LEASE_MS: '5000',
  RETRY_DELAYS: '1s,2s,5s,10s',
};
