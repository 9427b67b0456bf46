import { Gauge, type Registry } from '@prometheus-io/client';
import type { RevocationList } from './revocation-list.ts';
import type { RevocationPoll } from './revocation-poll.ts';

/** Metrics of the revocation list and of its last reading. */
export function observeRevocations(
  registry: Registry,
  list: RevocationList,
  poll: RevocationPoll | undefined,
): void {
  const entries: Gauge = new Gauge({
    name: 'gateway_revocations',
    help: 'Revoked sessions and accounts in memory',
    registers: [registry],
    aggregator: 'max',
    collect: () => entries.set(list.size()),
  });
  const refusedUntil: Gauge = new Gauge({
    name: 'gateway_revocations_refused_until_seconds',
    help: 'Tokens issued until this unix time are refused after an overflow of the revocation list (0: no overflow)',
    registers: [registry],
    aggregator: 'max',
    collect: () => refusedUntil.set(list.refusedUntil() / 1000),
  });
  if (!poll) return;
  const age: Gauge = new Gauge({
    name: 'gateway_revocations_age_seconds',
    help: 'Seconds since revocations were last read from auth-service; NaN before the first reading',
    registers: [registry],
    aggregator: 'max',
    collect: () => age.set((poll.age() ?? Number.NaN) / 1000),
  });
}
