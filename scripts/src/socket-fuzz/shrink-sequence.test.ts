import { expect, it } from 'vitest';
import { generateSequence } from './generate-sequence.ts';
import type { Sequence } from './sequence.ts';
import { shrinkSequence } from './shrink-sequence.ts';

const upgrades = ({ connections }: Sequence): number =>
  connections
    .flatMap(({ requests }) => requests)
    .filter(({ headers }) => headers.some(([name]) => name === 'upgrade')).length;

const limits = { limitMs: 1_000, clock: () => 0 };

it('a sequence becomes as small as what it shows', async () => {
  const large = Array.from({ length: 500 }, (_, index) => generateSequence(3, index + 1)).find(
    (sequence) => upgrades(sequence) > 0 && sequence.connections.length === 3,
  );
  if (large === undefined) throw new Error('there is no such sequence');
  const smallest = await shrinkSequence(large, async (candidate) => upgrades(candidate) > 0, limits);
  expect(smallest.connections).toHaveLength(1);
  expect(smallest.connections[0]?.requests).toHaveLength(1);
  expect(smallest.connections[0]?.steps.filter((step) => step.do === 'send')).toHaveLength(1);
});

it('a sequence that shows nothing when it is smaller stays as it is', async () => {
  const sequence = generateSequence(3, 1);
  expect(await shrinkSequence(sequence, async () => false, limits)).toBe(sequence);
});

it('shrinking ends in time', async () => {
  let now = 0;
  const clock = () => (now += 400);
  let plays = 0;
  await shrinkSequence(generateSequence(3, 2), async () => (plays += 1) < 0, { limitMs: 1_000, clock });
  expect(plays).toBeLessThan(4);
});
