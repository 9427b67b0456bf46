import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RewardResult } from '../claim-messages.ts';
import type { Claim, ClaimStatus } from '../claim.ts';
import { decideSettlements } from '../decide-settlements.ts';
import { isRefusal } from '../../http/refusal.ts';
import { decideRevoke } from './decide-revoke.ts';

const CLAIMS = 3;
const NOW = new Date('2026-12-10T12:00:00Z');

const grantedClaim = (index: number): Claim => ({
  id: `clm_${index}`,
  eventId: 'evt_1',
  eventVersion: 1,
  rewardId: 'rwd_1',
  accountId: `acc_${index}`,
  period: 'once',
  status: 'granted',
  attempt: 1,
  grantId: `clm_${index}.1`,
  reward: { kind: 'currency', asset: 'gold', quantity: 1 },
  caps: ['rwd_1:day:2026-12-10'],
  ledgerEntryId: `led_${index}`,
  createdAt: NOW,
});

interface Message {
  claimId: string;
  grantId: string;
  revokeId: string;
}

/** The ledger: one decision an attempt, one reversal a grant. */
function ledger() {
  const decisions = new Map<string, boolean>();
  const reversed = new Set<string>();
  return {
    reversed,
    answer(message: Message, isSpent: boolean): RewardResult {
      const isRevoked = decisions.get(message.revokeId) ?? (reversed.has(message.grantId) || !isSpent);
      decisions.set(message.revokeId, isRevoked);
      if (isRevoked) reversed.add(message.grantId);
      return isRevoked
        ? { type: 'laurel.reward.revoked.v1', data: { ...message, ledgerEntryId: 'led_r' } }
        : { type: 'laurel.reward.revoke-refused.v1', data: { ...message, code: 'insufficient_balance' } };
    },
  };
}

/** Both services and the messages between them. No message that was ever sent is forgotten. */
function exchange() {
  const claims = new Map(Array.from({ length: CLAIMS }, (_, index) => [`clm_${index}`, grantedClaim(index)]));
  const kept = ledger();
  const sent: Message[] = [];
  const results: RewardResult[] = [];
  const settledAttempts: string[] = [];
  const transitions: [ClaimStatus, ClaimStatus][] = [];

  function put(claim: Claim): void {
    const before = claims.get(claim.id);
    if (before && before.status !== claim.status) transitions.push([before.status, claim.status]);
    claims.set(claim.id, claim);
  }
  function ask({ id: claimId, grantId, revocation, status }: Claim): void {
    if (status === 'revoking' && revocation) sent.push({ claimId, grantId, revokeId: revocation.id });
  }

  return {
    claims,
    reversed: kept.reversed,
    settledAttempts,
    transitions,
    revoke(index: number): void {
      const claim = claims.get(`clm_${index}`) ?? grantedClaim(index);
      const decision = decideRevoke(claim, { reason: 'why', by: 'acc_op' }, { now: NOW, deadlineMs: 1_000 });
      if (isRefusal(decision) || 'known' in decision) return;
      put(decision.revoking);
      ask(decision.revoking);
    },
    sweep: (): void => claims.forEach(ask),
    decide(pick: number, isSpent: boolean): void {
      const message = sent[pick % sent.length];
      if (message) results.push(kept.answer(message, isSpent));
    },
    deliver(picks: readonly number[]): void {
      const batch = picks.flatMap((pick) => results[pick % results.length] ?? []);
      const { settled, revokes, granted, released, uncounted } = decideSettlements(batch, claims);
      expect([settled, [...granted], [...released], [...uncounted]]).toEqual([[], [], [], []]);
      for (const { claimId, status, revocation } of revokes) {
        const { waiting: _, ...claim } = claims.get(claimId) ?? grantedClaim(0);
        put({ ...claim, status, revocation });
        settledAttempts.push(revocation.id);
      }
    },
    settleAll(): void {
      this.sweep();
      for (const index of sent.keys()) this.decide(index, true);
      this.deliver([...results.keys()]);
    },
  };
}

const step = fc.oneof(
  fc.record({ revoke: fc.nat(CLAIMS - 1) }),
  fc.record({ sweep: fc.constant(true) }),
  fc.record({ decide: fc.nat(), isSpent: fc.boolean() }),
  fc.record({ deliver: fc.array(fc.nat(), { maxLength: 6 }) }),
);

it('in any order, repetition and batching a claim is revoked exactly when the ledger has a reversal, each attempt settled once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const system = exchange();
      for (const each of steps) {
        if ('revoke' in each) system.revoke(each.revoke);
        else if ('sweep' in each) system.sweep();
        else if ('decide' in each) system.decide(each.decide, each.isSpent);
        else system.deliver(each.deliver);
      }
      system.settleAll();

      for (const { status, grantId } of system.claims.values()) {
        expect(status).toBe(system.reversed.has(grantId) ? 'revoked' : 'granted');
      }
      expect(new Set(system.settledAttempts).size).toBe(system.settledAttempts.length);
      const allowed = ['granted revoking', 'revoking revoked', 'revoking granted'];
      expect(allowed).toEqual(
        expect.arrayContaining(system.transitions.map(([from, to]) => `${from} ${to}`)),
      );
    }),
    { numRuns: 1_000 },
  );
});
