import { Gauge, type Registry } from '@prometheus-io/client';
import type { RevocationBook } from './revocation-book.ts';
import type { RevocationPoll } from './revocation-poll.ts';

/** How many revocations are known, how old that knowledge is, and whether there were ever too many. */
export function observeRevocations(
  registry: Registry,
  book: RevocationBook,
  poll: RevocationPoll | undefined,
): void {
  const entries: Gauge = new Gauge({
    name: 'gateway_revocations',
    help: 'Sessions and accounts some of whose access tokens are refused',
    registers: [registry],
    aggregator: 'max',
    collect: () => entries.set(book.size()),
  });
  const refusedUntil: Gauge = new Gauge({
    name: 'gateway_revocations_refused_until_seconds',
    help: 'Unix time; tokens issued until then are refused because there were too many revocations (0: never)',
    registers: [registry],
    aggregator: 'max',
    collect: () => refusedUntil.set(book.refusedUntil() / 1000),
  });
  if (!poll) return;
  const age: Gauge = new Gauge({
    name: 'gateway_revocations_age_seconds',
    help: 'Time since revocations were last read from auth-service; NaN before the first time',
    registers: [registry],
    aggregator: 'max',
    collect: () => age.set((poll.age() ?? Number.NaN) / 1000),
  });
}
