import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountStanding } from '../../catalog/conditions/account-facts.ts';
import type { EventRules } from '../../catalog/events/event.ts';
import { decideAcceptances, type AcceptRequest, type AcceptWorld } from './decide-acceptances.ts';
import { countInvite, type Participant } from './invite.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const NOW = new Date('2026-12-10T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

const known = (more: Partial<AccountStanding> = {}): AccountStanding => ({
  status: 'active',
  guest: false,
  registeredAt: daysAgo(1),
  ...more,
});
const event: EventRules = {
  id: 'evt_1',
  kind: 'invite',
  status: 'active',
  version: 1,
  timeZone: 'Asia/Seoul',
  startsAt: new Date('2026-12-01T00:00:00Z'),
  endsAt: new Date('2026-12-31T00:00:00Z'),
  claimGraceSeconds: 86_400,
  repeat: 'once',
  autoClaim: false,
};
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
/** Everybody is known, and has an invite whose code is his name in capitals. */
const world = (more: Partial<AcceptWorld> = {}): AcceptWorld => ({
  now: NOW,
  maxAgeMs: 7 * DAY_MS,
  invites: new Map(NAMES.map((name) => [name.toUpperCase(), { code: name.toUpperCase(), inviterId: name }])),
  participants: new Map(),
  accounts: new Map(NAMES.map((name) => [name, known()])),
  events: [event],
  ...more,
});
const withAccount = (name: string, standing: AccountStanding) =>
  new Map([...world().accounts, [name, standing]]);
const decide = (more: Partial<AcceptWorld>, request: AcceptRequest = { code: 'A', accountId: 'b' }) =>
  decideAcceptances([request], world(more)).results[0];

describe('an acceptance', () => {
  it('counts for both sides, on the day of the zone of each event', () => {
    const other = { ...event, id: 'evt_2', timeZone: 'Pacific/Kiritimati' };
    const { results, accepted, additions } = decideAcceptances(
      [{ code: 'A', accountId: 'b' }],
      world({ events: [event, other] }),
    );
    const acceptance = { code: 'A', inviterId: 'a', accountId: 'b', at: NOW };
    expect(results).toEqual([acceptance]);
    expect(accepted).toEqual([acceptance]);
    const [sent, own] = ['invite%2esent%2eaccepted', 'invite%2eaccepted'];
    expect(additions).toEqual([
      { eventId: 'evt_1', accountId: 'a', counterKey: sent, day: '2026-12-10', value: 1 },
      { eventId: 'evt_1', accountId: 'b', counterKey: own, day: '2026-12-10', value: 1 },
      { eventId: 'evt_2', accountId: 'a', counterKey: sent, day: '2026-12-11', value: 1 },
      { eventId: 'evt_2', accountId: 'b', counterKey: own, day: '2026-12-11', value: 1 },
    ]);
  });

  it('that is repeated is the same one, and counts nothing', () => {
    const invitedBy = { code: 'A', inviterId: 'a', at: daysAgo(3) };
    const participants = new Map([['b', { invitedBy, brought: 2 }]]);
    const accounts = withAccount('b', known({ registeredAt: daysAgo(300) }));
    const again = decideAcceptances([{ code: 'A', accountId: 'b' }], world({ participants, accounts }));
    expect(again).toEqual({ results: [{ accountId: 'b', ...invitedBy }], accepted: [], additions: [] });
    const request = { code: 'A', accountId: 'b' };
    const together = decideAcceptances([request, request, request], world());
    expect(together.accepted).toHaveLength(1);
    expect(together.results).toEqual(Array(3).fill(together.accepted[0]));
  });

  it('of an account that accepted another invite is refused', () => {
    const participants = new Map([['b', { invitedBy: { code: 'C', inviterId: 'c', at: NOW } }]]);
    expect(decide({ participants })).toMatchObject({ code: 'invite_already_accepted' });
    const { results } = decideAcceptances(
      ['A', 'C'].map((code) => ({ code, accountId: 'b' })),
      world(),
    );
    expect(results).toMatchObject([{ inviterId: 'a' }, { code: 'invite_already_accepted' }]);
  });

  it.each([
    ['account_banned', { accounts: withAccount('b', known({ status: 'banned' })) }],
    ['account_banned', { accounts: withAccount('b', known({ status: 'deleted' })) }],
    ['not_found', { invites: new Map() }],
    ['account_not_known_yet', { accounts: new Map() }],
    ['account_not_known_yet', { accounts: withAccount('b', { status: 'active', guest: false }) }],
    ['guest_account', { accounts: withAccount('b', known({ guest: true })) }],
    ['account_too_old', { accounts: withAccount('b', known({ registeredAt: daysAgo(7) })) }],
    ['invite_not_valid', { accounts: withAccount('a', known({ status: 'banned' })) }],
    ['invite_not_valid', { accounts: withAccount('a', known({ guest: true })) }],
    ['own_invite', { invites: new Map([['A', { code: 'A', inviterId: 'b' }]]) }],
    ['invite_ring', { participants: new Map([['b', { brought: 1 }]]) }],
  ] as const)('is refused with %s', (code, more) => {
    expect(decide(more)).toMatchObject({ refused: true, code });
  });

  it('is for accounts up to the last millisecond of their youth', () => {
    const registeredAt = new Date(daysAgo(7).getTime() + 1);
    expect(decide({ accounts: withAccount('b', known({ registeredAt })) })).toMatchObject({
      code: 'A',
      at: NOW,
    });
  });

  it('that is told of late is judged by when it happened', () => {
    const accounts = withAccount('b', known({ registeredAt: daysAgo(30) }));
    const late = decide({ accounts }, { code: 'A', accountId: 'b', at: daysAgo(30) });
    expect(late).toMatchObject({ inviterId: 'a', at: daysAgo(30) });
  });

  it('makes no ring, whoever accepts whose in whatever order', () => {
    const request = fc.record({
      code: fc.constantFrom(...NAMES.map((name) => name.toUpperCase())),
      accountId: fc.constantFrom(...NAMES),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
        const { accepted } = decideAcceptances(requests, world());
        const inviterOf = new Map(accepted.map(({ accountId, inviterId }) => [accountId, inviterId]));
        expect(inviterOf.size).toBe(accepted.length);
        for (const name of NAMES) {
          let steps = 0;
          for (let up = inviterOf.get(name); up !== undefined; up = inviterOf.get(up)) {
            steps += 1;
            expect(steps).toBeLessThan(NAMES.length);
          }
        }
      }),
    );
  });
});

describe('an acceptance counts', () => {
  const countedIn = (more: Partial<EventRules>, at: Date) =>
    decideAcceptances([{ code: 'A', accountId: 'b', at }], world({ events: [{ ...event, ...more }] }))
      .additions.length > 0;
  const over = { status: 'ended' as const, endedAt: daysAgo(0.5) };

  it.each([
    ['in an event that is active', {}, NOW, true],
    ['not in one of another kind', { kind: 'activity' as const }, NOW, false],
    ['not in one that is stopped', { status: 'inactive' as const }, NOW, false],
    ['not in a draft', { status: 'draft' as const }, NOW, false],
    ['in one that is due to start', { status: 'scheduled' as const }, NOW, true],
    ['not in one that began later', { startsAt: daysAgo(1) }, daysAgo(2), false],
    ['not in one that is over', over, NOW, false],
    ['in one that is over where it happened before, while claims are taken', over, daysAgo(1), true],
    ['not in one that takes no claims any more', { ...over, claimGraceSeconds: 60 }, daysAgo(1), false],
  ])('%s', (_, more, at, expected) => {
    expect(countedIn(more, at)).toBe(expected);
  });
});

describe('an account may make', () => {
  const make = (participant: Participant, standing: AccountStanding | undefined = known()) =>
    countInvite(standing, participant, { now: NOW, maxPerDay: 2 });

  it('so many invites a day of UTC', () => {
    expect(make({})).toEqual({ day: '2026-12-10', count: 1 });
    expect(make({ made: { day: '2026-12-10', count: 1 } })).toEqual({ day: '2026-12-10', count: 2 });
    expect(make({ made: { day: '2026-12-10', count: 2 } })).toMatchObject({ code: 'invite_limit_reached' });
    expect(make({ made: { day: '2026-12-09', count: 2 } })).toEqual({ day: '2026-12-10', count: 1 });
  });

  it('none while it is a guest or banned', () => {
    expect(make({}, known({ guest: true }))).toMatchObject({ code: 'guest_account' });
    expect(make({}, known({ status: 'banned' }))).toMatchObject({ code: 'account_banned' });
  });
});
