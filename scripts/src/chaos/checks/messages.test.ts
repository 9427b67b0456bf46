import { describe, expect, it } from 'vitest';
import { aClaim, aFault, anAttempt } from './example-rows.ts';
import { nothingLeftOver } from './nothing-left-over.ts';
import { overlap, settledInTime } from './settled-in-time.ts';
import { differences } from './store-snapshot.ts';
import type { Verdict } from './verdict.ts';

const whats = ({ breaches }: Verdict): string[] => breaches.map(({ what }) => what);
const noLetters = { dead: [], poison: [] };
const limits = { deadlineMs: 10_000, faults: [] };

describe('I5', () => {
  it('holds for what was settled within deadline, outage and half a minute', () => {
    const slow = anAttempt({ pendingAt: 0, finalAt: 55_000 });
    const faults = [aFault({ startedAt: 1_000, healedAt: 16_000 })];
    expect(whats(settledInTime({ claims: [aClaim()] }, [slow], noLetters, { ...limits, faults }))).toEqual(
      [],
    );
    expect(whats(settledInTime({ claims: [aClaim()] }, [slow], noLetters, limits))).toEqual([
      'claim clm_1 took 55000 ms',
    ]);
  });

  it('is broken by a claim that is still open', () => {
    expect(whats(settledInTime({ claims: [aClaim({ status: 'pending' })] }, [], noLetters, limits))).toEqual([
      'claim clm_1 is still pending',
    ]);
  });

  it('is broken by a sound message among the dead, and by a malformed one that is not', () => {
    const queue = 'auth-service.reward-requests';
    const dead = [
      { id: 'malformed-1', queue, reason: 'malformed JSON' },
      { id: 'sound', queue, reason: 'failed too often' },
    ];
    const poison = [
      { id: 'malformed-1', queue, confirmed: true },
      { id: 'malformed-2', queue, confirmed: true },
      { id: 'malformed-3', queue, confirmed: false },
    ];
    expect(whats(settledInTime({ claims: [] }, [], { dead, poison }, limits))).toEqual([
      'message sound is dead and was sound',
      'malformed message malformed-2 is not among the dead',
    ]);
  });
});

describe('the time within faults', () => {
  it('counts what overlaps once, and nothing outside', () => {
    const faults = [
      aFault({ startedAt: 0, healedAt: 200 }),
      aFault({ startedAt: 150, healedAt: 300 }),
      aFault({ startedAt: 160, healedAt: 170 }),
      aFault({ startedAt: 900, healedAt: 2_000 }),
    ];
    expect(overlap(faults, 100, 1_000)).toBe(300);
    expect(overlap(faults, 400, 800)).toBe(0);
  });
});

describe('I8', () => {
  const message = {
    id: 'm1',
    type: 't',
    exchange: 'laurel.rewards',
    routingKey: 'reward.granted',
    mandatory: true,
    content: '{}',
  };
  const queue = 'game-event-service.reward-results';
  const quiet = {
    outboxes: { auth_db: 0 },
    depths: [
      { name: queue, ready: 0, unacknowledged: 0 },
      { name: `${queue}.dead`, ready: 3, unacknowledged: 0 },
    ],
    bindings: [{ exchange: 'laurel.rewards', queue, routingKey: 'reward.granted' }],
    messages: [message],
    handled: new Set([`${queue}:m1`]),
  };

  it('holds when nothing is left over and every message was handled', () => {
    expect(whats(nothingLeftOver(quiet))).toEqual([]);
  });

  it('is broken by a message that nobody handled', () => {
    expect(whats(nothingLeftOver({ ...quiet, handled: new Set() }))).toEqual([
      `message m1 was lost on its way through ${queue}`,
    ]);
  });

  it('is broken by what waits in an outbox, in a queue, or unacknowledged', () => {
    const depths = [
      { name: queue, ready: 1, unacknowledged: 0 },
      { name: `${queue}.retry.5s`, ready: 0, unacknowledged: 1 },
    ];
    expect(whats(nothingLeftOver({ ...quiet, outboxes: { auth_db: 2 }, depths }))).toEqual([
      '2 messages in the outbox of auth_db',
      `${queue} is not empty`,
      `${queue}.retry.5s is not empty`,
    ]);
  });
});

describe('I9', () => {
  it('is broken by every document that came, went or changed', () => {
    const before = new Map([
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
    ]);
    const after = new Map([
      ['a', '1'],
      ['b', '2'],
      ['d', '1'],
    ]);
    expect(differences(before, before)).toEqual([]);
    expect(differences(before, after).map(({ what }) => what)).toEqual([
      'b changed',
      'c changed',
      'd changed',
    ]);
  });
});
