import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRules } from '../catalog/events/event.ts';
import { isRefusal } from '../http/refusal.ts';
import type { RewardRules } from '../catalog/rewards/reward.ts';
import { stockFigures, type Stock } from '../catalog/rewards/stock.ts';
import { rulesOf } from '../catalog/rules/rules.ts';
import type { RewardResult } from './claim-messages.ts';
import type { Claim } from './claim.ts';
import type { DecisionContext } from '../catalog/rules/decision-context.ts';
import { resolveClaim } from './resolve-claim.ts';
import { decideClaims } from './decide-claims.ts';
import { decideSettlements } from './decide-settlements.ts';

const NOW = new Date('2026-12-10T12:00:00Z');
const CAP_ID = 'rwd_1:day:2026-12-10';

const event: EventRules = {
  id: 'evt_1',
  kind: 'attendance',
  status: 'active',
  version: 1,
  timeZone: 'Asia/Seoul',
  startsAt: new Date(0),
  endsAt: new Date('2027-01-01T00:00:00Z'),
  claimGraceSeconds: 0,
  repeat: 'once',
  autoClaim: false,
};

const rewardWith = (cap: number): RewardRules => ({
  id: 'rwd_1',
  eventId: 'evt_1',
  name: 'Sword',
  kind: 'item',
  asset: 'sword',
  quantity: 1,
  perAccount: null,
  perPeriod: { day: cap },
  active: true,
  version: 1,
});

/** Does to the snapshot what the stores do with the decisions. */
function bookkeeping(total: number, cap: number) {
  const claims = new Map<string, Claim>();
  const counters = new Map([[CAP_ID, 0]]);
  const rules = new Map([['evt_1', rulesOf(event, [rewardWith(cap)])]]);
  const context: DecisionContext = { now: NOW, accounts: new Map(), rules };
  let stock: Stock = { total, taken: 0 };
  let granted = 0;
  const count = (id: string, by: number) => counters.set(id, (counters.get(id) ?? 0) + by);

  return {
    /** @returns the codes of the refusals, each beside the one that what was left then asks for */
    claim(accounts: readonly number[]): [string, string][] {
      const targets = accounts.map((id) =>
        resolveClaim({ eventId: 'evt_1', accountId: `acc_${id}`, isStaff: false }, context),
      );
      const snapshot = { claims, counters, stock: new Map([['rwd_1', stock]]), progress: new Map() };
      const refusals: [string, string][] = [];
      for (const decision of decideClaims(targets, snapshot, { now: NOW, deadlineMs: 1_000 })) {
        if (isRefusal(decision))
          refusals.push([decision.code, stock.taken < cap ? 'out_of_stock' : 'cap_reached']);
        if (!('accepted' in decision)) continue;
        claims.set(decision.accepted.id, decision.accepted);
        stock = { total, taken: stock.taken + 1 };
        for (const id of decision.accepted.caps) count(id, 1);
      }
      return refusals;
    },
    settle(outcomes: readonly (readonly [number, boolean])[]): void {
      const all = [...claims.values()];
      const results = outcomes.flatMap(([index, isGranted]): RewardResult[] => {
        const claim = all[index % all.length];
        if (!claim) return [];
        const about = { claimId: claim.id, grantId: claim.grantId };
        return isGranted
          ? [{ type: 'laurel.reward.granted.v1', data: { ...about, ledgerEntryId: 'led_1' } }]
          : [{ type: 'laurel.reward.refused.v1', data: { ...about, code: 'cancelled' } }];
      });
      const { settled, ...changes } = decideSettlements(results, claims);
      for (const { claimId, status } of settled) {
        const claim = claims.get(claimId);
        if (claim) claims.set(claimId, { ...claim, status });
      }
      granted += changes.granted.get('rwd_1') ?? 0;
      stock = { total, taken: stock.taken - (changes.released.get('rwd_1') ?? 0) };
      for (const [id, released] of changes.uncounted) count(id, -released);
    },
    look() {
      const statuses = [...claims.values()].map(({ status }) => status);
      const ofStatus = (wanted: string): number => statuses.filter((status) => status === wanted).length;
      return {
        figures: stockFigures(stock, granted),
        counted: counters.get(CAP_ID) ?? 0,
        pending: ofStatus('pending'),
        granted: ofStatus('granted'),
      };
    },
  };
}

const step = fc.oneof(
  fc.record({ claims: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 8 }) }),
  fc.record({ results: fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 8 }) }),
);

describe('stock and caps', () => {
  it('add up whatever happens: nothing is oversold or lost, and nothing refused while there is some', () => {
    const total = fc.integer({ min: 0, max: 8 });
    const cap = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(total, cap, fc.array(step, { maxLength: 20 }), (units, most, steps) => {
        const snapshot = bookkeeping(units, most);
        for (const each of steps) {
          const refusals = 'claims' in each ? snapshot.claim(each.claims) : [];
          expect(refusals.map(([code]) => code)).toEqual(refusals.map(([, expected]) => expected));
          if ('results' in each) snapshot.settle(each.results);

          const { figures, counted, pending, granted } = snapshot.look();
          expect(figures).toEqual({
            stock: units,
            available: units - pending - granted,
            reserved: pending,
            granted,
          });
          expect(figures.available).toBeGreaterThanOrEqual(0);
          expect(counted).toBe(pending + granted);
          expect(counted).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 500 },
    );
  });
});
