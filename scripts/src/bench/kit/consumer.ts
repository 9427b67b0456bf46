import { type Benchmark, usualPlans } from '../benchmark.ts';
import type { KitProcess } from './kit-process.ts';
import { KitStage } from './kit-stage.ts';

/** Assumed before the first round; then each is as long as it should be by the one before. */
const FIRST_RATE = 5_000;

/** A batch consumer with the defaults of every service: inbox and a document for each message, one transaction a batch. */
export const consumer: Benchmark = {
  name: 'consumer',
  summary: 'messages a second out of a quorum queue, in batches of one transaction each',
  plans: usualPlans,
  prepare: async () => {
    const stage = await KitStage.start();
    const program = await stage.run('consumer');
    const feed = await stage.run('feed');
    let published = 0;
    let rate = FIRST_RATE;
    return {
      processes: stage.processes,
      candidates: [
        {
          name: 'batches of 200',
          prepare: async (durationMs) => {
            const count = Math.ceil((durationMs * rate) / 1_000);
            published = await feed.call<number>('fill', { level: count });
            return async () => {
              const elapsedMs = await program.call<number>('consume', { count });
              await program.call('pause');
              rate = (count / elapsedMs) * 1_000;
              return { 'messages/s': rate, messages: count };
            };
          },
        },
      ],
      verify: () => everyMessageOnce(program, published),
      stop: () => stage.stop(),
    };
  },
};

/** @throws when there are not as many effects as messages, each of another message */
export async function everyMessageOnce(program: KitProcess, expected: number): Promise<void> {
  const seen = await program.call<{ effects: number; messages: number }>('effects');
  if (seen.effects !== expected || seen.messages !== expected) {
    throw new Error(`${expected} messages should have had one effect each: ${JSON.stringify(seen)}`);
  }
}
