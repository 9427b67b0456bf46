import { DomainError } from 'service-kit/http';
import { describe, expect, it } from 'vitest';
import { editEvent, type EventEdit } from './edit-event.ts';
import { EVENT_STATUSES, type EventStatus, type GameEvent } from './event.ts';

const NOW = new Date('2026-12-10T00:00:00Z');

function event(status: EventStatus): GameEvent {
  const isOver = status === 'ended' || status === 'archived';
  return {
    id: 'evt_1',
    name: 'Spring',
    description: '',
    kind: 'attendance',
    status,
    version: 3,
    timeZone: 'Asia/Seoul',
    startsAt: new Date(status === 'scheduled' ? '2026-12-20T00:00:00Z' : '2026-12-01T00:00:00Z'),
    endsAt: new Date('2026-12-31T00:00:00Z'),
    ...(isOver && { endedAt: new Date('2026-12-09T00:00:00Z') }),
    claimGraceSeconds: 0,
    repeat: 'daily',
    autoClaim: false,
    condition: { account: 'guest', op: '==', value: false },
    attributes: {},
    createdAt: new Date('2026-11-01T00:00:00Z'),
    updatedAt: new Date('2026-11-01T00:00:00Z'),
    createdBy: 'acc_1',
  };
}

const edits = {
  name: { name: 'Winter' },
  description: { description: 'cold' },
  attributes: { attributes: { banner: 'snow' } },
  'a later end': { endsAt: new Date('2027-01-31T00:00:00Z') },
  'an earlier end': { endsAt: new Date('2026-12-30T00:00:00Z') },
  grace: { claimGraceSeconds: 60 },
  condition: { condition: null },
  kind: { kind: 'invite' },
  'time zone': { timeZone: 'UTC' },
  repeat: { repeat: 'once' },
  start: { startsAt: new Date('2026-12-02T00:00:00Z') },
} as const satisfies Record<string, EventEdit>;
type Edit = keyof typeof edits;

const fixed = new Set<Edit>(['kind', 'time zone', 'repeat', 'start']);
const whileRunning = new Set<Edit>(['name', 'description', 'attributes', 'a later end']);

function outcome(status: EventStatus, edit: Edit): string {
  if (status === 'draft') return 'changed';
  if (status === 'ended' || status === 'archived' || fixed.has(edit)) return 'event_in_use';
  return status === 'scheduled' || whileRunning.has(edit) ? 'changed' : 'event_active';
}

function codeOrChange(before: GameEvent, edit: EventEdit): string | GameEvent | undefined {
  try {
    return editEvent(before, edit, NOW);
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

const cases = EVENT_STATUSES.flatMap((status) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own keys
  (Object.keys(edits) as Edit[]).map((edit) => [edit, status, outcome(status, edit)] as const),
);

describe('an edit', () => {
  it.each(cases)('of %s while %s: %s', (edit, status, expected) => {
    const result = codeOrChange(event(status), edits[edit]);
    expect(typeof result === 'string' ? result : 'changed').toBe(expected);
  });

  it('makes the next version and leaves the rest as it was', () => {
    const before = event('draft');
    expect(editEvent(before, { name: 'Winter' }, NOW)).toEqual({
      ...before,
      name: 'Winter',
      version: 4,
      updatedAt: NOW,
    });
  });

  it('that takes the condition away leaves none', () => {
    expect(editEvent(event('draft'), { condition: null }, NOW)).not.toHaveProperty('condition');
  });

  it('that changes nothing makes no version, whatever the status', () => {
    for (const status of EVENT_STATUSES) {
      const before = event(status);
      const same = { name: before.name, kind: before.kind, endsAt: new Date(before.endsAt) };
      expect(editEvent(before, same, NOW)).toBeUndefined();
    }
  });

  it('counts an event as running from its start on, stored or not', () => {
    const due = { ...event('scheduled'), startsAt: new Date('2026-12-09T00:00:00Z') };
    expect(() => editEvent(due, { condition: null }, NOW)).toThrow(
      expect.objectContaining({ code: 'event_active' }),
    );
  });
});
