import { expect, it } from 'vitest';
import { waitUntil } from './wait-until.ts';

const quickly = { limitMs: 50, everyMs: 1, what: 'the thing' };

it('the first answer that is not "not yet" ends the wait', async () => {
  const answers = [undefined, false, 'there'] as const;
  let asked = 0;
  expect(await waitUntil(async () => answers[asked++], quickly)).toBe('there');
});

it('a probe that throws is called again, and the last error is in the message', async () => {
  const probe = async () => {
    throw new Error('refused');
  };
  await expect(waitUntil(probe, quickly)).rejects.toThrow('the thing did not come within 0.05 s (refused)');
});

it('a signal ends the wait with its reason', async () => {
  const signal = AbortSignal.abort(new Error('it died'));
  await expect(waitUntil(async () => undefined, { ...quickly, signal })).rejects.toThrow('it died');
});
