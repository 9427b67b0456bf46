import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { startAuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf } from './support/caller.ts';
import { startService } from './support/running-service.ts';
import { activeEvent, claim, readReward } from './support/scenario.ts';

const CLAIMS = 8;
const DEADLINE_MS = 120_000;
const eventually = { timeout: 15_000, interval: 50 };

const results = fc.array(
  fc.tuple(
    fc.nat(CLAIMS - 1),
    fc.constantFrom('granted' as const, 'account_banned' as const, 'cancelled' as const),
  ),
  { maxLength: 3 * CLAIMS },
);

async function inHand(adminUrl: string): Promise<number> {
  const answer = await fetch(`${adminUrl}/consumers`);
  const { items } = z.object({ items: z.array(z.object({ inHand: z.int() })) }).parse(await answer.json());
  return items.reduce((sum, consumer) => sum + consumer.inHand, 0);
}

it('results in any order and repetition, raced by cancellations, leave claims, stock and ledger of one mind', async () => {
  await using auth = await startAuthStandIn();
  await using one = await startService();
  await using two = await startService({ beside: one });

  await fc.assert(
    fc.asyncProperty(results, fc.nat(3 * CLAIMS), async (answers, cancelAfter) => {
      auth.decide = () => undefined;
      const { event, reward } = await activeEvent(one.call, { reward: { stock: CLAIMS } });
      const claims = await Promise.all(
        Array.from({ length: CLAIMS }, async (_, index) =>
          bodyOf(
            await claim((index % 2 ? one : two).call, event.id, account(), { prefer: 'wait=0' }),
            202,
            ClaimResponse,
          ),
        ),
      );
      const requests = () => auth.received.filter(({ data }) => data['eventId'] === event.id);
      await expect.poll(() => requests().length, eventually).toBe(CLAIMS);

      // At first the ledger knows nothing: the first of a request's answers and a cancellation decides.
      auth.decide = ({ type }) => (type === 'laurel.reward.cancelled.v1' ? 'cancelled' : undefined);
      for (const [place, [index, decision]] of answers.entries()) {
        if (place === cancelAfter) one.advance(DEADLINE_MS);
        const request = requests().find(({ data }) => data.claimId === claims[index]?.id);
        if (request) await auth.answer(request, decision);
      }
      two.advance(2 * DEADLINE_MS);
      const stored = () =>
        one.db
          .collection<{ _id: string; status: string; grantId: string }>('claims')
          .find({ rewardId: reward.id })
          .toArray();
      const pending = async () => (await stored()).filter(({ status }) => status === 'pending').length;
      await expect.poll(pending, eventually).toBe(0);
      const decided = await stored();
      await auth.repeatAnswers('same');
      await auth.repeatAnswers('new');

      const granted = decided.filter(({ status }) => status === 'granted').map(({ grantId }) => grantId);
      const owned = decided.map(({ grantId }) => grantId).filter((grantId) => auth.ledger.has(grantId));
      expect(granted).toEqual(owned);
      // Messages that are sent now come after everything above. Then both have let go of it.
      auth.decide = () => 'granted';
      const last = await activeEvent(one.call);
      bodyOf(await claim(one.call, last.event.id, account()), 201, ClaimResponse);
      await expect
        .poll(async () => (await inHand(one.adminUrl)) + (await inHand(two.adminUrl)), eventually)
        .toBe(0);
      expect(await stored()).toEqual(decided);
      expect(await readReward(one.call, reward)).toMatchObject({
        available: CLAIMS - granted.length,
        reserved: 0,
        granted: granted.length,
      });
    }),
    { numRuns: 5 },
  );
}, 120_000);
