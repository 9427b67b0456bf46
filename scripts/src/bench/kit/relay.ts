import { type Benchmark, type Candidate, usualPlans } from '../benchmark.ts';
import type { KitProcess } from './kit-process.ts';
import { KitStage } from './kit-stage.ts';

/** Assumed before the first round; then each is as long as it should be by the one before. */
const FIRST_RATE = 5_000;

/** The relay's sweep: rows that wait in the outbox, sent with confirms into a quorum queue, deleted. */
export const relay: Benchmark = {
  name: 'relay',
  summary: 'messages a second from the outbox into a quorum queue, with confirms',
  plans: usualPlans,
  prepare: async () => {
    const stage = await KitStage.start();
    const program = await stage.run('relay');
    const feed = await stage.run('feed');
    let lost = 0;

    function rowsOf(messagesPerRow: number): Candidate {
      let rate = FIRST_RATE;
      return {
        name: messagesPerRow === 1 ? '1 message a row' : `${messagesPerRow} messages a row`,
        prepare: async (durationMs) => {
          const rows = Math.ceil((durationMs * rate) / 1_000 / messagesPerRow);
          await feed.call('purge');
          await program.call('write', { rows, messagesPerRow });
          return async () => {
            const messages = rows * messagesPerRow;
            const elapsedMs = await program.call<number>('relay');
            lost += messages - (await arrived(feed));
            rate = (messages / elapsedMs) * 1_000;
            return { 'messages/s': rate, messages };
          };
        },
      };
    }

    return {
      processes: stage.processes,
      candidates: [rowsOf(1), rowsOf(20), rowsOf(200)],
      verify: async () => {
        if (lost !== 0) throw new Error(`the queue has ${lost} messages less than there were in the outbox`);
      },
      stop: () => stage.stop(),
    };
  },
};

const arrived = (feed: KitProcess): Promise<number> => feed.call<number>('waiting');
