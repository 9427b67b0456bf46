import { expect, test } from 'vitest';
import { waitUntil } from './wait-until.ts';

const quickly = { limitMs: 50, everyMs: 1, what: 'the thing' };

test('the first answer that is not "not yet" ends the wait', async () => {
  const answers = [undefined, false, 'there'] as const;
  let asked = 0;
  expect(await waitUntil(async () => answers[asked++], quickly)).toBe('there');
});

test('a probe that throws is asked again, and its error is told at the end', async () => {
  const probe = async () => {
    throw new Error('refused');
  };
  await expect(waitUntil(probe, quickly)).rejects.toThrow(
    'the thing was waited for 0.05 s in vain (refused)',
  );
});

test('a signal ends the wait with its reason', async () => {
  const signal = AbortSignal.abort(new Error('it died'));
  await expect(waitUntil(async () => undefined, { ...quickly, signal })).rejects.toThrow('it died');
});
