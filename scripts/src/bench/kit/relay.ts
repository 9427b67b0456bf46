import { type Benchmark, type Candidate, usualPlans } from '../benchmark.ts';
import type { KitProcess } from './kit-process.ts';
import { KitStage } from './kit-stage.ts';

/** Assumed before the first round; then each is as long as it should be by the one before. */
const FIRST_RATE = 5_000;

interface Tuning {
  /** `OUTBOX_BATCH` and `OUTBOX_WINDOW`. */
  batch: number;
  window: number;
}

const DEFAULT: Tuning = { batch: 200, window: 500 };
/** For a broker that confirms late: by Little's law the rate is the window divided by the time to the confirm. */
const WIDE: Tuning = { batch: 1_000, window: 2_000 };

/** Rows that were sent before in an outbox that is kept empty: what 30 transactions a second leave behind in five minutes. */
const GONE = [0, 10_000];

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

    function rowsOf(messagesPerRow: number, tuning: Tuning): Candidate {
      let rate = FIRST_RATE;
      return {
        name: `${messagesPerRow} a row, window ${tuning.window}`,
        prepare: async (durationMs) => {
          const rows = Math.ceil((durationMs * rate) / 1_000 / messagesPerRow);
          await feed.call('purge');
          await program.call('write', { rows, messagesPerRow });
          return async () => {
            const messages = rows * messagesPerRow;
            const elapsedMs = await program.call<number>('relay', tuning);
            lost += messages - (await arrived(feed));
            rate = (messages / elapsedMs) * 1_000;
            return { 'messages/s': rate, messages };
          };
        },
      };
    }

    function keptEmpty(gone: number): Candidate {
      return {
        name: `one by one, ${gone.toLocaleString('en')} gone before`,
        prepare: async (durationMs) => {
          await feed.call('purge');
          await program.call('leaveBehind', { rows: gone });
          return async () => {
            const sent = await program.call<number>('keepEmpty', { ...DEFAULT, durationMs });
            lost += sent - (await arrived(feed));
            return { 'messages/s': sent / (durationMs / 1_000), messages: sent };
          };
        },
      };
    }

    return {
      processes: stage.processes,
      candidates: [
        ...[1, 20, 200].flatMap((messages) => [rowsOf(messages, DEFAULT), rowsOf(messages, WIDE)]),
        ...GONE.map(keptEmpty),
      ],
      verify: async () => {
        if (lost !== 0) throw new Error(`the queue has ${lost} messages less than there were in the outbox`);
      },
      stop: () => stage.stop(),
    };
  },
};

const arrived = (feed: KitProcess): Promise<number> => feed.call<number>('waiting');
