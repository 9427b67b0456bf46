import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { within } from './within.ts';

const tooLate = (): Error => new Error('too late');

describe('within', () => {
  it('gives what the work gives, or throws what it throws', async () => {
    await expect(within(1_000, Promise.resolve(7), tooLate)).resolves.toBe(7);
    await expect(within(1_000, Promise.reject(new Error('failed')), tooLate)).rejects.toThrow('failed');
  });

  it('does not wait for longer', async () => {
    await expect(within(5, delay(1_000, undefined, { ref: false }), tooLate)).rejects.toThrow('too late');
  });
});
