import { EventEmitter, once } from 'node:events';
import {
  createMessaging,
  MessageFault,
  type IncomingMessage,
  type OutgoingMessage,
} from '../src/messaging/index.ts';
import type { Transaction } from '../src/mongo/index.ts';
import { startFeed } from './feed.ts';
import { type Benchmark, type Candidate, type Measured, median, until, usualPlans } from './harness.ts';
import { defaults, outboxDefaults, QUEUE, type Stage, topology, Work } from './stage.ts';

const RATE = 'messages/s';
/** Assumed before the first round; each later round is sized by the rate of the one before. */
const FIRST_RATE = 5_000;
const POISON_MESSAGES = 10_000;
const POISON_REASON = 'this message is poison';

/** A batch consumer with the defaults of every service: inbox and a document for each message, one transaction a batch. */
export const consumer: Benchmark = {
  plans: usualPlans,
  prepare: async (stage) => {
    const feed = await startFeed(stage);
    const program = await startConsumer(stage);
    let published = 0;
    let rate = FIRST_RATE;
    const batches: Candidate = {
      name: 'batches of 200',
      prepare: async (durationMs) => {
        const count = Math.ceil((durationMs * rate) / 1_000);
        published = await feed.fill(count);
        return async () => {
          rate = (count / (await program.consume(count))) * 1_000;
          program.pause();
          return { [RATE]: rate, messages: count };
        };
      },
    };
    return {
      candidates: [batches],
      verify: () => program.expectEffects(published),
      stop: async () => {
        await program.stop();
        await feed.stop();
      },
    };
  },
};

/**
 * The throughput that one message costs which no retry can help: it is retried once, then dead. The handler names the
 * message, or the consumer bisects the batch to find it.
 */
export const poison: Benchmark = {
  // A round has a length of its own, so there are more of them.
  plans: {
    quick: { rounds: 5, roundMs: 0, warmUpMs: 1 },
    thorough: { rounds: 21, roundMs: 0, warmUpMs: 1 },
  },
  prepare: async (stage) => {
    const feed = await startFeed(stage);
    const program = await startConsumer(stage);
    let published = 0;
    let poisoned = 0;

    const good: Candidate = {
      name: 'all good',
      prepare: async () => {
        published = await feed.fill(POISON_MESSAGES);
        return async () => {
          const elapsedMs = await program.consume(POISON_MESSAGES);
          program.pause();
          return { [RATE]: (POISON_MESSAGES / elapsedMs) * 1_000, dead: 0 };
        };
      },
    };
    const onePoisonous = (name: string, named: boolean): Candidate => ({
      name,
      prepare: async () => {
        published = await feed.fill(POISON_MESSAGES);
        const middle = published - POISON_MESSAGES / 2;
        return async () => {
          const count = POISON_MESSAGES - 1;
          const elapsedMs = await program.consume(count, { poison: middle, named });
          const reasons = await until(async () => {
            const dead = await feed.takeDead();
            return dead.length > 0 ? dead : undefined;
          }, 'the dead letter');
          program.pause();
          if (reasons.join() !== POISON_REASON) throw new Error(`Dead for other reasons: ${reasons.join()}`);
          poisoned += 1;
          return { [RATE]: (count / elapsedMs) * 1_000, dead: reasons.length };
        };
      },
    });
    return {
      candidates: [good, onePoisonous('one poisonous', false), onePoisonous('one poisonous, named', true)],
      verify: () => program.expectEffects(published - poisoned),
      stop: async () => {
        await program.stop();
        await feed.stop();
      },
    };
  },
  conclude: ([good, ...poisoned]) =>
    poisoned.map((measured) => {
      const loss = (1 - rateOf(measured) / rateOf(good)) * 100;
      return `${measured.candidate}: ${POISON_MESSAGES - 1} of ${POISON_MESSAGES} handled, 1 dead; loss of throughput: ${loss.toFixed(1)}%`;
    }),
};

const rateOf = (measured?: Measured): number =>
  median((measured?.rounds ?? []).map((figures) => figures[RATE] ?? 0));

interface Poison {
  /** Number of the poisonous message. */
  poison?: number;
  /** Whether the handler names it. */
  named?: boolean;
}

/** Starts a paused consumer that writes one document for each message in the one transaction of the batch. */
async function startConsumer(stage: Stage) {
  const effects = stage.db.collection<{ n: number; messageId: string }>('effects');
  const messaging = createMessaging({
    ...stage,
    service: 'bench',
    topology,
    outbox: outboxDefaults,
    inboxRetentionMs: 3_600_000,
  });
  await messaging.component.start?.();
  const progress = new EventEmitter();
  let begunAt = 0;
  let handled = 0;
  let current: Poison = {};

  async function handleBatch(
    messages: readonly IncomingMessage<Work>[],
    tx: Transaction<OutgoingMessage>,
  ): Promise<void> {
    begunAt ||= performance.now();
    const poisonous = messages.find(({ data }) => data.n === current.poison);
    if (poisonous) {
      const error = new Error(POISON_REASON);
      throw current.named ? new MessageFault(poisonous.id, error) : error;
    }
    await effects.insertMany(
      messages.map(({ id, data }) => ({ n: data.n, messageId: id })),
      { session: tx.session },
    );
    tx.afterCommit(() => {
      handled += messages.length;
      progress.emit('handled');
    });
  }

  const queueConsumer = messaging.consume<Work>({ queue: QUEUE, schema: Work, handleBatch }, defaults);
  queueConsumer.change({ paused: true });
  await queueConsumer.start();

  return {
    /** Handles `count` good messages. Returns the time from the begin of the first batch to the last commit, in milliseconds. */
    consume: async (count: number, poisonous: Poison = {}): Promise<number> => {
      const goal = handled + count;
      current = poisonous;
      begunAt = 0;
      queueConsumer.change({ paused: false });
      while (handled < goal) await once(progress, 'handled');
      return performance.now() - begunAt;
    },
    pause: () => queueConsumer.change({ paused: true }),
    /** @throws unless each of so many messages had one effect */
    expectEffects: async (expected: number): Promise<void> => {
      const [distinct] = await effects
        .aggregate<{ messages: number }>([{ $group: { _id: '$messageId' } }, { $count: 'messages' }])
        .toArray();
      const seen = { effects: await effects.countDocuments(), messages: distinct?.messages ?? 0 };
      if (seen.effects !== expected || seen.messages !== expected)
        throw new Error(`${expected} messages should have had one effect each: ${JSON.stringify(seen)}`);
    },
    stop: async (): Promise<void> => {
      await queueConsumer.stop();
      await messaging.component.stop?.();
    },
  };
}
