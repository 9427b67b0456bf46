import { describe, expect, it } from 'vitest';
import { countSocketVerdicts } from './socket-fuzz-verdicts.ts';

const sound = { sequences: 100, answers: 300, verdicts: [{ breaches: 0 }, { breaches: 0 }] };

describe('fuzzing the sockets', () => {
  it('counts each rule that was kept or broken', () => {
    expect(countSocketVerdicts(sound, 0)).toEqual({ passed: 2, failed: 0 });
    const broken = { ...sound, verdicts: [{ breaches: 0 }, { breaches: 3 }] };
    expect(countSocketVerdicts(broken, 1)).toEqual({ passed: 1, failed: 1 });
  });

  it('has failed when it ended badly although nothing was found', () => {
    expect(countSocketVerdicts(sound, 1)).toMatchObject({ failed: 1 });
  });

  it('has failed when it played nothing, or nothing was answered', () => {
    expect(countSocketVerdicts({ ...sound, sequences: 0 }, 0)).toMatchObject({ failed: 1 });
    expect(countSocketVerdicts({ ...sound, answers: 0 }, 0)).toMatchObject({ failed: 1 });
  });
});
