import { createPeriodic, type Component } from 'service-kit/lifecycle';
import { makeAutoClaims } from './claims/auto-claims/make-auto-claims.ts';
import { sweepClaims } from './claims/sweep-claims.ts';
import type { Config } from './config.ts';
import type { Domain } from './domain.ts';
import { moveDueEvents } from './catalog/events/move-due-events.ts';
import { runRevokeJobs } from './claims/revokes/run-revoke-jobs.ts';

/** What is done again and again, on every instance that works. */
export function createJobs(domain: Domain, { rate }: Config['revokes']): Component[] {
  const { codes, logger } = domain;
  return [
    { name: 'event schedule', everyMs: 500, run: moveDueEvents(domain) },
    { name: 'claim sweeper', everyMs: 1_000, run: sweepClaims(domain) },
    { name: 'revoke jobs', everyMs: 250, run: runRevokeJobs({ ...domain, rate }) },
    { name: 'automatic claims', everyMs: 250, run: makeAutoClaims(domain) },
    { name: 'code sweeper', everyMs: 60_000, run: () => codes.sweep() },
  ].map((job) => createPeriodic({ ...job, logger }));
}
