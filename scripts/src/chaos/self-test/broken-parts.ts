import type { Channel } from 'amqplib';
import type { Db } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

export const mutationNames = [
  'no-deduplication',
  'acknowledged-first',
  'outbox-outside',
  'stock-in-two-steps',
] as const;
export type MutationName = (typeof mutationNames)[number];

/** The part of `PlatformOverrides` of service-kit through which a service gets a broken part. */
export interface Overrides {
  adapt: { db?: (db: Db) => Db; channel?: (channel: Channel) => Channel };
}

/** Takes the place of a method; `call` is the method as it is. */
type Change = (args: unknown[], call: (args: unknown[]) => unknown) => unknown;
type Changes = Record<string, Change>;

const AnObject = z.custom<object>((value) => typeof value === 'object' && value !== null);
const Options = z.looseObject({}).default({});
const Rows = z.array(z.looseObject({ _id: z.string() }));
const Updates = z.array(
  z.looseObject({ updateOne: z.looseObject({ filter: z.record(z.string(), z.unknown()) }) }),
);

/** Long enough that something happens between two steps that should be one. */
const BETWEEN_STEPS_MS = 700;

export const brokenParts: Record<MutationName, Overrides> = {
  'no-deduplication': collections({
    inbox: {
      find: findNothing,
      createIndex: (args, call) =>
        Options.parse(args[1])['name'] === 'once' ? Promise.resolve('once') : call(args),
    },
    // MongoDB cannot drop the unique index of ids, so the ids must differ.
    grantDecisions: { find: findNothing, insertMany: underNewIds((grantId) => ({ grantId })) },
    ledger: { insertMany: underNewIds(() => ({})) },
  }),

  // RabbitMQ forgets a message as soon as it has delivered it.
  'acknowledged-first': {
    adapt: {
      channel: (channel) =>
        withChanges(channel, {
          consume: ([queue, receive, options], call) =>
            call([queue, receive, { ...Options.parse(options), noAck: true }]),
          ack: () => undefined,
          nackAll: () => undefined,
        }),
    },
  },

  'outbox-outside': outboxOutside(),

  'stock-in-two-steps': collections({
    rewardStock: {
      bulkWrite: async ([updates, options], call) => {
        const takes = Updates.safeParse(updates).data ?? [];
        if (!takes.some(({ updateOne: { filter } }) => '$expr' in filter)) return call([updates, options]);
        await delay(BETWEEN_STEPS_MS);
        const unconditional = takes.map(({ updateOne: { filter, ...update } }) => ({
          updateOne: { ...update, filter: { _id: filter['_id'] } },
        }));
        return call([unconditional, withoutSession(options)]);
      },
    },
  }),
};

/** Changes methods of some collections, by the names of both. */
function collections(changesOf: Record<string, Changes>): Overrides {
  const open: Change = (args, call) => {
    const collection = AnObject.parse(call(args));
    return withChanges(collection, changesOf[z.string().parse(args[0])] ?? {});
  };
  return { adapt: { db: (db) => withChanges(db, { collection: open }) } };
}

/**
 * Writes the outbox before the stock: a transaction that loses a conflict over the stock is decided anew, but its first
 * messages are sent.
 */
function outboxOutside(): Overrides {
  const waiting = new WeakMap<object, () => unknown>();
  const sessionOf = (options: unknown): object => AnObject.parse(Options.parse(options)['session']);
  return collections({
    rewardStock: {
      bulkWrite: ([updates, options], call) => {
        const takes = Updates.safeParse(updates).data ?? [];
        if (!takes.some(({ updateOne: { filter } }) => '$expr' in filter)) return call([updates, options]);
        waiting.set(sessionOf(options), () => call([updates, options]));
        return Promise.resolve({ matchedCount: takes.length });
      },
    },
    outbox: {
      insertMany: async ([rows, options], call) => {
        const inserted = await call([rows, withoutSession(options)]);
        const session = sessionOf(options);
        const takeStock = waiting.get(session);
        waiting.delete(session);
        await takeStock?.();
        return inserted;
      },
    },
  });
}

function withChanges<Part extends object>(part: Part, changes: Changes): Part {
  return new Proxy(part, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const change = changes[String(name)];
      const call = (args: unknown[]): unknown => Reflect.apply(value, target, args);
      return (...args: unknown[]) => (change ? change(args, call) : call(args));
    },
  });
}

function findNothing([, ...options]: unknown[], call: (args: unknown[]) => unknown): unknown {
  return call([{ _id: { $in: [] } }, ...options]);
}

function underNewIds(keep: (id: string) => object): Change {
  return ([rows, ...options], call) =>
    call([
      Rows.parse(rows).map((row) =>
        Object.assign({}, row, keep(row._id), { _id: `${row._id}#${Math.random()}` }),
      ),
      ...options,
    ]);
}

function withoutSession(options: unknown): object {
  const { session: _, ...others } = Options.parse(options);
  return others;
}
