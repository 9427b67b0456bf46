import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RewardResult } from './claim-messages.ts';
import { decideSettlements, type Unsettled } from './decide-settlements.ts';

/** Attempts of one claim as the ledger decided about them: only the last may have been granted. */
interface History {
  attempts: number;
  last: 'granted' | 'refused';
}

const CAP = 'rwd_1:day:2026-12-10';
const claimIdOf = (index: number): string => `clm_${index}`;

/** Every answer of the ledger about a claim; what is not granted was refused. */
function answersAbout(index: number, { attempts, last }: History): RewardResult[] {
  return Array.from({ length: attempts }, (_, attempt) => {
    const about = { claimId: claimIdOf(index), grantId: `${claimIdOf(index)}.${attempt + 1}` };
    return attempt === attempts - 1 && last === 'granted'
      ? { type: 'laurel.reward.granted.v1', data: { ...about, ledgerEntryId: `led_${index}` } }
      : { type: 'laurel.reward.refused.v1', data: { ...about, code: 'cancelled' } };
  });
}

const histories = fc.array(
  fc.record({
    attempts: fc.integer({ min: 1, max: 3 }),
    last: fc.constantFrom<History['last']>('granted', 'refused'),
  }),
  { minLength: 1, maxLength: 6 },
);

/** Each answer at least once, up to four times, in any order, cut into batches of any size. */
const deliveries = histories.chain((drawn) => {
  const answers = drawn.flatMap((history, index) => answersAbout(index, history));
  const copies = fc.tuple(...answers.map(() => fc.integer({ min: 1, max: 4 })));
  return copies
    .chain((times) => {
      const all = answers.flatMap((answer, index) => Array.from({ length: times[index] ?? 1 }, () => answer));
      return fc.tuple(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: all.length, maxLength: all.length }),
      );
    })
    .map(([results, sizes]) => ({ histories: drawn, results, sizes }));
});

it('in any order, repetition and batching each claim ends as the ledger decided, and is settled once', () => {
  fc.assert(
    fc.property(deliveries, ({ histories: drawn, results, sizes }) => {
      const claims = new Map<string, Unsettled>(
        drawn.map(({ attempts }, index) => [
          claimIdOf(index),
          {
            id: claimIdOf(index),
            eventId: 'evt_1',
            status: 'pending',
            grantId: `${claimIdOf(index)}.${attempts}`,
            rewardId: 'rwd_1',
            reward: { kind: 'item', asset: 'sword', quantity: 1 },
            caps: [CAP],
          },
        ]),
      );
      const total = { granted: 0, released: 0, uncounted: 0, settled: 0, ignored: 0 };
      for (let at = 0, batch = 0; at < results.length; batch += 1) {
        const size = sizes[batch] ?? 1;
        const decided = decideSettlements(results.slice(at, at + size), claims);
        at += size;
        for (const { claimId, status } of decided.settled) {
          const claim = claims.get(claimId);
          if (claim) claims.set(claimId, { ...claim, status });
        }
        total.settled += decided.settled.length;
        total.ignored += decided.ignored.length;
        total.granted += decided.granted.get('rwd_1') ?? 0;
        total.released += decided.released.get('rwd_1') ?? 0;
        total.uncounted += decided.uncounted.get(CAP) ?? 0;
      }

      const granted = drawn.filter(({ last }) => last === 'granted').length;
      const refused = drawn.length - granted;
      expect([...claims.values()].map(({ status }) => status)).toEqual(
        drawn.map(({ last }) => (last === 'granted' ? 'granted' : 'rejected')),
      );
      expect(total).toEqual({
        granted,
        released: refused,
        uncounted: refused,
        settled: drawn.length,
        ignored: results.length - drawn.length,
      });
    }),
    { numRuns: 500 },
  );
});
