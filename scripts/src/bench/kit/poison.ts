import type { Benchmark, Candidate, Measured } from '../benchmark.ts';
import { waitUntil } from '../../processes/wait-until.ts';
import { median } from '../statistics.ts';
import { everyMessageOnce } from './consumer.ts';
import { KitStage } from './kit-stage.ts';

const RATE = 'messages/s';
const MESSAGES = 10_000;
/** What the measured program throws for it. */
const REASON = 'this message is poison';

/**
 * What one message that can never be handled costs the others: it is retried once, then dead. Its handler says which
 * one it is, or the batch has to be taken apart to find out.
 */
export const poison: Benchmark = {
  name: 'poison',
  summary: `${MESSAGES} messages, all good against one that can never be handled`,
  // A round has a length of its own, so there are more of them.
  plans: {
    quick: { rounds: 5, roundMs: 0, warmUpMs: 1 },
    thorough: { rounds: 21, roundMs: 0, warmUpMs: 1 },
  },
  prepare: async () => {
    const stage = await KitStage.start();
    const program = await stage.run('consumer');
    const feed = await stage.run('feed');
    let published = 0;
    let poisoned = 0;

    async function fill(): Promise<number> {
      published = await feed.call<number>('fill', { level: MESSAGES });
      return published - MESSAGES / 2;
    }

    const good: Candidate = {
      name: 'all good',
      prepare: async () => {
        await fill();
        return async () => {
          const elapsedMs = await program.call<number>('consume', { count: MESSAGES });
          await program.call('pause');
          return { [RATE]: (MESSAGES / elapsedMs) * 1_000, dead: 0 };
        };
      },
    };
    const onePoisonous = (name: string, named: boolean): Candidate => ({
      name,
      prepare: async () => {
        const middle = await fill();
        return async () => {
          const count = MESSAGES - 1;
          const elapsedMs = await program.call<number>('consume', { count, poison: middle, named });
          const reasons = await waitUntil(
            async () => {
              const dead = await feed.call<string[]>('takeDead');
              return dead.length > 0 && dead;
            },
            { limitMs: 30_000, what: 'the dead letter' },
          );
          await program.call('pause');
          if (reasons.join() !== REASON) throw new Error(`dead for other reasons: ${reasons.join()}`);
          poisoned += 1;
          return { [RATE]: (count / elapsedMs) * 1_000, dead: reasons.length };
        };
      },
    });
    return {
      processes: stage.processes,
      candidates: [good, onePoisonous('one poisonous', false), onePoisonous('one poisonous, named', true)],
      verify: () => everyMessageOnce(program, published - poisoned),
      stop: () => stage.stop(),
    };
  },
  conclude: ([good, ...poisoned]) => {
    const rateOf = (measured?: Measured): number =>
      median((measured?.rounds ?? []).map((figures) => figures[RATE] ?? 0));
    return poisoned.map((measured) => {
      const loss = (1 - rateOf(measured) / rateOf(good)) * 100;
      return `${measured.candidate}: ${MESSAGES - 1} of ${MESSAGES} handled, 1 dead; loss of throughput: ${loss.toFixed(1)}%`;
    });
  },
};
