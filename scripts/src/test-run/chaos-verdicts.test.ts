import { describe, expect, it } from 'vitest';
import { countVerdicts } from './chaos-verdicts.ts';

const sound = { operations: 10, faults: [{}], verdicts: [{ breaches: 0 }, { breaches: 0 }] };

describe('a fault run', () => {
  it('counts each rule that was kept or broken', () => {
    expect(countVerdicts(sound, 0)).toEqual({ passed: 2, failed: 0 });
    const broken = { ...sound, verdicts: [{ breaches: 0 }, { breaches: 7 }] };
    expect(countVerdicts(broken, 1)).toEqual({ passed: 1, failed: 1 });
  });

  it('has failed when it ended badly although nothing was found', () => {
    expect(countVerdicts(sound, 1)).toMatchObject({ failed: 1 });
  });

  it('has failed when it disturbed nothing, or nobody did anything', () => {
    expect(countVerdicts({ ...sound, faults: [{ trouble: 'refused' }] }, 0)).toMatchObject({ failed: 1 });
    expect(countVerdicts({ ...sound, operations: 0 }, 0)).toMatchObject({ failed: 1 });
  });
});
