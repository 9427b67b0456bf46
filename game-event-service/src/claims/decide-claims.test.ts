import { describe, expect, it } from 'vitest';
import type { EventRules } from '../catalog/events/event.ts';
import { isRefusal } from '../http/refusal.ts';
import type { RewardRules } from '../catalog/rewards/reward.ts';
import { rulesOf } from '../catalog/rules/rules.ts';
import type { Stock } from '../catalog/rewards/stock.ts';
import { claimIdOf, type Claim } from './claim.ts';
import type { DecisionContext } from '../catalog/rules/decision-context.ts';
import { resolveClaim, type ClaimRequest } from './resolve-claim.ts';
import { decideClaims, type ClaimSnapshot, type Decision } from './decide-claims.ts';

const NOW = new Date('2026-12-10T12:00:00Z');
const DEADLINE_MS = 120_000;

const event: EventRules = {
  id: 'evt_1',
  kind: 'attendance',
  status: 'active',
  version: 3,
  timeZone: 'Asia/Seoul',
  startsAt: new Date('2026-12-01T00:00:00Z'),
  endsAt: new Date('2026-12-31T15:00:00Z'),
  claimGraceSeconds: 0,
  repeat: 'once',
  autoClaim: false,
};
const reward: RewardRules = {
  id: 'rwd_1',
  eventId: 'evt_1',
  name: 'Gold',
  kind: 'currency',
  asset: 'gold',
  quantity: 100,
  perAccount: null,
  active: true,
  version: 1,
};

const context = (
  more: { event?: Partial<EventRules>; rewards?: RewardRules[]; now?: Date } = {},
): DecisionContext => ({
  now: more.now ?? NOW,
  rules: new Map([['evt_1', rulesOf({ ...event, ...more.event }, more.rewards ?? [reward])]]),
  accounts: new Map([['acc_banned', { status: 'banned', guest: false }]]),
});
const snapshot = (more: Partial<ClaimSnapshot> = {}): ClaimSnapshot => ({
  claims: new Map(),
  stock: new Map([['rwd_1', { total: null, taken: 0 }]]),
  counters: new Map(),
  progress: new Map(),
  ...more,
});
const request = (accountId: string, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  eventId: 'evt_1',
  accountId,
  isStaff: false,
  ...more,
});

function decide(requests: ClaimRequest[], around = context(), on = snapshot()): Decision[] {
  const targets = requests.map((each) => resolveClaim(each, around));
  return decideClaims(targets, on, { now: around.now, deadlineMs: DEADLINE_MS });
}

const outcomes = (decisions: Decision[]): string[] =>
  decisions.map((decision) => {
    if (isRefusal(decision)) return decision.code;
    return 'accepted' in decision ? 'accepted' : `known ${decision.known.status}`;
  });

describe('claims decided together', () => {
  it('for the last units are accepted in the order of their arrival', () => {
    const stock = new Map([['rwd_1', { total: 10, taken: 8 }]]);
    expect(
      outcomes(
        decide(
          ['a', 'b', 'c', 'd'].map((id) => request(id)),
          context(),
          snapshot({ stock }),
        ),
      ),
    ).toEqual(['accepted', 'accepted', 'out_of_stock', 'out_of_stock']);
  });

  it('by one account are one claim', () => {
    expect(outcomes(decide([request('a'), request('a'), request('b'), request('a')]))).toEqual([
      'accepted',
      'known pending',
      'accepted',
      'known pending',
    ]);
  });

  it('keep to the cap of a day, and to the cap of an account over all periods', () => {
    const daily = { ...reward, perPeriod: { day: 2 } };
    expect(
      outcomes(
        decide(
          ['a', 'b', 'c'].map((id) => request(id)),
          context({ rewards: [daily] }),
        ),
      ),
    ).toEqual(['accepted', 'accepted', 'cap_reached']);
    const capped = context({ event: { repeat: 'daily' }, rewards: [{ ...reward, perAccount: 2 }] });
    const counters = new Map([['rwd_1:account:a', 2]]);
    expect(outcomes(decide([request('a'), request('b')], capped, snapshot({ counters })))).toEqual([
      'cap_reached',
      'accepted',
    ]);
  });

  it('of a coupon take its codes in turn, each another one, and leave those of refused ones', () => {
    const stock = new Map([['rwd_1', { total: null, taken: 5, supply: { total: 8, end: 9 } }]]);
    const payloads = new Map([['rwd_1', ['F', 'G', 'H'].map((code) => ({ code }))]]);
    const decisions = decide(
      ['a', 'a', 'acc_banned', 'b', 'c', 'd'].map((id) => request(id)),
      context({ rewards: [{ ...reward, kind: 'coupon' }] }),
      snapshot({ stock, payloads }),
    );
    expect(outcomes(decisions)).toEqual([
      'accepted',
      'known pending',
      'account_banned',
      'accepted',
      'accepted',
      'out_of_stock',
    ]);
    expect(
      decisions.flatMap((decision) => ('accepted' in decision ? decision.accepted.payload?.code : [])),
    ).toEqual(['F', 'G', 'H']);
  });

  it('of a coupon are not accepted without a code', () => {
    const stock = new Map([['rwd_1', { total: null, taken: 0, supply: { total: 2, end: 2 } }]]);
    const coupon = context({ rewards: [{ ...reward, kind: 'coupon' }] });
    const payloads = new Map([['rwd_1', [{ code: 'A' }]]]);
    expect(() => decide([request('a'), request('b')], coupon, snapshot({ stock, payloads }))).toThrow(
      'codes that it does not hold',
    );
  });

  it('carry what the ledger has to know, and a deadline', () => {
    const [decision] = decide([request('a', { traceparent: '00-trace' })]);
    expect(decision).toEqual({
      isNew: true,
      traceparent: '00-trace',
      accepted: {
        id: claimIdOf('evt_1', 'rwd_1', 'a', 'once'),
        eventId: 'evt_1',
        eventVersion: 3,
        rewardId: 'rwd_1',
        accountId: 'a',
        period: 'once',
        status: 'pending',
        attempt: 1,
        grantId: `${claimIdOf('evt_1', 'rwd_1', 'a', 'once')}.1`,
        reward: { kind: 'currency', asset: 'gold', quantity: 100 },
        caps: [],
        waiting: {
          deadline: new Date('2026-12-10T12:02:00Z'),
          cancelAt: new Date('2026-12-10T12:02:00Z'),
          lookAt: new Date('2026-12-10T12:02:00Z'),
        },
        createdAt: NOW,
      },
    });
  });

  it('after a refusal by the ledger are new attempts with the id of before', () => {
    const [first] = decide([request('a')]);
    const claim = first && 'accepted' in first ? first.accepted : undefined;
    const rejected: Claim = { ...claim!, status: 'rejected', reason: 'cancelled', completedAt: NOW };
    const later = context({ now: new Date('2026-12-11T12:00:00Z') });
    const [again] = decide([request('a')], later, snapshot({ claims: new Map([[rejected.id, rejected]]) }));
    expect(again).toMatchObject({
      isNew: false,
      accepted: {
        id: rejected.id,
        attempt: 2,
        grantId: `${rejected.id}.2`,
        status: 'pending',
        createdAt: NOW,
      },
    });
    expect(again).not.toHaveProperty('accepted.reason');
    expect(again).not.toHaveProperty('accepted.completedAt');
  });
});

describe('a claim is checked in the documented order', () => {
  const unmet = { metric: 'attendance.check-in', op: '>=', value: 1, over: 'event' } as const;
  const full = { ...reward, perPeriod: { day: 0 }, condition: unmet };
  const soldOut = (stock: Stock = { total: 0, taken: 0 }) => snapshot({ stock: new Map([['rwd_1', stock]]) });

  it('event, account, staff, reward', () => {
    const everything = context({ event: { status: 'inactive' }, rewards: [full, { ...full, id: 'rwd_2' }] });
    const code = (more: ClaimRequest) => outcomes(decide([more], everything, soldOut()));
    expect(code(request('acc_banned', { eventId: 'evt_2', isStaff: true }))).toEqual(['not_found']);
    expect(code(request('acc_banned', { isStaff: true }))).toEqual(['account_banned']);
    expect(code(request('a', { isStaff: true }))).toEqual(['staff_cannot_claim']);
    expect(code(request('a'))).toEqual(['reward_required']);
    expect(code(request('a', { rewardId: 'rwd_9' }))).toEqual(['not_found']);
  });

  it('existing claim, activity, conditions, caps, stock', () => {
    const [made] = decide([request('a')]);
    const claim = made && 'accepted' in made ? made.accepted : undefined;
    const claims = new Map([[claim!.id, claim!]]);
    const inactive = context({ event: { status: 'inactive' }, rewards: [full] });
    expect(outcomes(decide([request('a')], inactive, { ...soldOut(), claims }))).toEqual(['known pending']);
    expect(outcomes(decide([request('b')], inactive, soldOut()))).toEqual(['event_not_active']);
    expect(outcomes(decide([request('b')], context({ rewards: [full] }), soldOut()))).toEqual([
      'conditions_not_met',
    ]);
    const { condition: _, ...unconditional } = full;
    expect(outcomes(decide([request('b')], context({ rewards: [unconditional] }), soldOut()))).toEqual([
      'cap_reached',
    ]);
    expect(outcomes(decide([request('b')], context(), soldOut()))).toEqual(['out_of_stock']);
  });

  it('and a reward that is not active is given to nobody, nor asked about when another is', () => {
    const off = { ...reward, active: false };
    expect(outcomes(decide([request('a', { rewardId: 'rwd_1' })], context({ rewards: [off] })))).toEqual([
      'event_not_active',
    ]);
    expect(outcomes(decide([request('a')], context({ rewards: [{ ...off, id: 'rwd_2' }, reward] })))).toEqual(
      ['accepted'],
    );
  });
});

describe('in its grace', () => {
  it('an event gives what belongs to its last day, and no new period', () => {
    const over = context({
      event: { repeat: 'daily', claimGraceSeconds: 86_400 },
      now: new Date('2027-01-01T10:00:00Z'),
    });
    const [decision] = decide([request('a')], over);
    expect(decision).toMatchObject({ accepted: { period: '2026-12-31' } });
  });
});
