import { describe, expect, it } from 'vitest';
import type { Targets } from './catalogue.ts';
import { faultKinds, type PlannedFault } from './fault.ts';
import { groupOf, planFaults, type SchedulePlan } from './schedule.ts';

const targets: Targets = {
  services: ['api-gateway', 'auth-service', 'auth-service-2', 'game-event-service', 'game-event-service-2'],
  skewable: ['game-event-service'],
  brokers: ['rabbitmq'],
  links: ['game-event-service → redis', 'api-gateway → auth-service', 'all → mongodb-1'],
  workQueues: ['auth-service.reward-requests'],
};
const MINUTE = 60_000;

function minutes(count: number): SchedulePlan {
  return { seed: 1, durationMs: count * MINUTE, kinds: faultKinds, gapMs: 5_750, targets };
}

function plan(seed: number, count = 10, kinds = faultKinds.slice()): PlannedFault[] {
  return planFaults({ ...minutes(count), seed, kinds });
}

describe('a schedule of faults', () => {
  it('is the same for the same seed and another for another', () => {
    expect(plan(42)).toEqual(plan(42));
    expect(plan(42)).not.toEqual(plan(43));
  });

  it.each([1, 2, 3, 4, 5])(
    'has more than sixty faults in ten minutes and ends with them (seed %i)',
    (seed) => {
      const faults = plan(seed);
      expect(faults.length).toBeGreaterThan(60);
      for (const { atMs, durationMs } of faults) expect(atMs + durationMs).toBeLessThanOrEqual(10 * MINUTE);
      expect(faults.map(({ number }) => number)).toEqual(faults.map((_, index) => index + 1));
    },
  );

  it('has fewer where they are to be further apart', () => {
    const faults = planFaults({ ...minutes(10), gapMs: 9_000 });
    expect(faults.length).toBeGreaterThan(60);
    expect(faults.length).toBeLessThan(75);
  });

  it('knows every kind of fault within an hour', () => {
    expect(new Set(plan(1, 60).map(({ kind }) => kind))).toEqual(new Set(faultKinds));
  });

  it('keeps to the kinds that were asked for', () => {
    const faults = plan(1, 10, ['kill', 'flush']);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['kill', 'flush']));
  });

  it('keeps to the things that were asked for', () => {
    const faults = planFaults({ ...minutes(10), on: 'mongodb' });
    expect(faults.length).toBeGreaterThan(10);
    expect(faults.filter(({ target }) => !target.includes('mongodb'))).toEqual([]);
    expect(planFaults({ ...minutes(10), on: 'nothing that there is' })).toEqual([]);
  });

  it('never disturbs one group twice at a time', () => {
    const groups = Map.groupBy(plan(7, 30), groupOf);
    const overlaps = [...groups.values()].flatMap((faults) =>
      faults.filter(({ atMs }, index) => {
        const before = faults[index - 1];
        return before !== undefined && atMs <= before.atMs + before.durationMs;
      }),
    );
    expect(overlaps).toEqual([]);
  });

  it('takes the members of the replica set as one group, with their links', () => {
    expect(groupOf({ kind: 'kill', target: 'mongodb-primary' })).toBe('mongodb');
    expect(groupOf({ kind: 'cut', target: 'all → mongodb-3' })).toBe('mongodb');
    expect(groupOf({ kind: 'unbind', target: 'auth-service.reward-requests' })).toBe('rabbitmq');
    expect(groupOf({ kind: 'kill', target: 'rabbitmq-2' })).toBe('rabbitmq');
    expect(groupOf({ kind: 'cut', target: 'auth-service → rabbitmq' })).toBe('auth-service → rabbitmq');
  });
});
