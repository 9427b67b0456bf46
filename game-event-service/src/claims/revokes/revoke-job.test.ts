import { describe, expect, it } from 'vitest';
import type { Claim } from '../claim.ts';
import type { Revocation } from '../revocation.ts';
import { isRevocableSince, resultsByJob, stateOf, type RevokeJob } from './revoke-job.ts';

const BEGAN = new Date('2026-12-10T12:00:00Z');
const EARLIER = new Date('2026-12-10T11:59:59Z');

const claim: Claim = {
  id: 'clm_1',
  eventId: 'evt_1',
  eventVersion: 1,
  rewardId: 'rwd_1',
  accountId: 'acc_1',
  period: 'once',
  status: 'granted',
  attempt: 1,
  grantId: 'clm_1.1',
  reward: { kind: 'currency', asset: 'gold', quantity: 1 },
  caps: [],
  createdAt: EARLIER,
};
const revocation: Revocation = {
  id: 'clm_1.1.r1',
  attempt: 1,
  reason: 'why',
  by: 'acc_2',
  requestedAt: EARLIER,
};

describe('a job asks a claim back', () => {
  it.each([
    ['that is granted', {}, true],
    ['that was refused before it began', { revocation: { ...revocation, completedAt: EARLIER } }, true],
    ['that others asked back since, in vain', { revocation: { ...revocation, completedAt: BEGAN } }, false],
    ['that is being revoked', { status: 'revoking' as const, revocation }, false],
    ['that was revoked', { status: 'revoked' as const, revocation }, false],
  ])('%s: %s', (_, more, expected) => {
    expect(isRevocableSince({ ...claim, ...more }, BEGAN)).toBe(expected);
  });
});

it('a job is done once it has looked at all and each has an answer', () => {
  const job: RevokeJob = {
    id: 'rvj_1',
    filter: {},
    reason: 'why',
    by: 'acc_2',
    createdAt: BEGAN,
    matched: 3,
    requested: 3,
    steps: 1,
  };
  expect(stateOf(job, { revoked: 2, refused: 1 })).toBe('done');
  expect(stateOf(job, { revoked: 2, refused: 0 })).toBe('running');
  expect(stateOf({ ...job, nextAt: BEGAN }, { revoked: 2, refused: 1 })).toBe('running');
});

it('answers are counted for the jobs that asked, and for no operator', () => {
  const answer = (status: 'revoked' | 'granted', jobId?: string) => ({
    claimId: 'clm_1',
    status,
    revocation: { ...revocation, ...(jobId !== undefined && { jobId }) },
  });
  const settlements = [
    answer('revoked', 'a'),
    answer('granted', 'a'),
    answer('revoked', 'b'),
    answer('revoked'),
  ];
  expect([...resultsByJob(settlements)]).toEqual([
    ['a', { revoked: 1, refused: 1 }],
    ['b', { revoked: 1, refused: 0 }],
  ]);
});
