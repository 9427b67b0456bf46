import { describe, expect, it } from 'vitest';
import { countChaosVerdicts, countSocketVerdicts } from './count-verdicts.ts';

const soundRun = { operations: 10, faults: [{}], verdicts: [{ breaches: 0 }, { breaches: 0 }] };

describe('a fault run', () => {
  it('counts each rule that was kept or broken', () => {
    expect(countChaosVerdicts(soundRun, 0)).toEqual({ passed: 2, failed: 0 });
    const broken = { ...soundRun, verdicts: [{ breaches: 0 }, { breaches: 7 }] };
    expect(countChaosVerdicts(broken, 1)).toEqual({ passed: 1, failed: 1 });
  });

  it('has failed when it ended badly although nothing was found', () => {
    expect(countChaosVerdicts(soundRun, 1)).toMatchObject({ failed: 1 });
  });

  it('has failed when it disturbed nothing, or nobody did anything', () => {
    expect(countChaosVerdicts({ ...soundRun, faults: [{ trouble: 'refused' }] }, 0)).toMatchObject({
      failed: 1,
    });
    expect(countChaosVerdicts({ ...soundRun, operations: 0 }, 0)).toMatchObject({ failed: 1 });
  });
});

const soundFuzz = { sequences: 100, answers: 300, verdicts: [{ breaches: 0 }, { breaches: 0 }] };

describe('fuzzing the sockets', () => {
  it('counts each rule that was kept or broken', () => {
    expect(countSocketVerdicts(soundFuzz, 0)).toEqual({ passed: 2, failed: 0 });
    const broken = { ...soundFuzz, verdicts: [{ breaches: 0 }, { breaches: 3 }] };
    expect(countSocketVerdicts(broken, 1)).toEqual({ passed: 1, failed: 1 });
  });

  it('has failed when it ended badly although nothing was found', () => {
    expect(countSocketVerdicts(soundFuzz, 1)).toMatchObject({ failed: 1 });
  });

  it('has failed when it played nothing, or nothing was answered', () => {
    expect(countSocketVerdicts({ ...soundFuzz, sequences: 0 }, 0)).toMatchObject({ failed: 1 });
    expect(countSocketVerdicts({ ...soundFuzz, answers: 0 }, 0)).toMatchObject({ failed: 1 });
  });
});
