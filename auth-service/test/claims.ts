import { randomBytes } from 'node:crypto';
import type { CloudEvent } from 'service-kit/messaging';
import { expect } from 'vitest';
import { breachesOf } from './contracts.ts';
import { eventually, type System } from './system.ts';

export interface Claim {
  claimId: string;
  grantId: string;
  accountId: string;
}

export function newClaim(accountId: string): Claim {
  const claimId = `clm_${randomBytes(16).toString('base64url')}`;
  return { claimId, grantId: `${claimId}.1`, accountId };
}

/** Asks for a reward as game-event-service would; gives the id of the message. */
export function request(system: System, claim: Claim, quantity = 100, id?: string): string {
  const data = {
    ...claim,
    eventId: 'evt_1',
    eventVersion: 1,
    rewardId: 'rwd_1',
    period: 'once',
    reward: { kind: 'currency', asset: 'gold', quantity },
    deadline: '2026-12-01T00:02:00Z',
  };
  return system.publish('reward.requested', data, id === undefined ? {} : { id });
}
export const cancel = (system: System, claim: Claim): string =>
  system.publish('reward.cancelled', { ...claim, reason: 'deadline_passed' });

/** Asks for a granted reward back; `revokeId` names the attempt. */
export const revoke = (system: System, claim: Claim, revokeId?: string): string =>
  system.publish('reward.revoke-requested', {
    ...claim,
    ...(revokeId !== undefined && { revokeId }),
    reason: 'granted by mistake',
    actorId: 'acc_operator',
  });

/** Waits for this many answers about a claim, and holds them against their contract. */
export async function answersTo(system: System, { claimId }: Claim, count: number): Promise<CloudEvent[]> {
  const found = await eventually(() => {
    const answers = system.sent.filter(
      ({ subject, type }) => subject === claimId && type.startsWith('laurel.reward'),
    );
    expect(answers).toHaveLength(count);
    return answers;
  });
  for (const event of found) expect(breachesOf(event)).toEqual([]);
  return found;
}
