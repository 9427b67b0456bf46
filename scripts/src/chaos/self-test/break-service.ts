import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { mutationNames, type MutationName } from './mutation-names.ts';

/**
 * Breaks a part of the service that starts in this process: `node --import break-service.ts src/main.ts`, in the
 * service's folder, with the name of the mutation in BROKEN_PART. It wraps methods of the drivers through which the
 * service reaches MongoDB and RabbitMQ, so the service itself needs no code for it.
 */

type Arguments = unknown[];
type Change = (args: Arguments, call: (args: Arguments) => unknown) => unknown;

const requireFromService = createRequire(join(process.cwd(), 'package.json'));
const Drivers = {
  mongodb: z.object({ Collection: z.custom<{ prototype: object }>((value) => typeof value === 'function') }),
  channels: z.object({ Channel: z.custom<{ prototype: object }>((value) => typeof value === 'function') }),
};
const { Collection } = Drivers.mongodb.parse(requireFromService('mongodb'));
const { Channel } = Drivers.channels.parse(
  requireFromService(
    // The package does not export its channels.
    join(dirname(requireFromService.resolve('amqplib')), 'lib/channel_model.js'),
  ),
);

const Named = z.looseObject({ _id: z.string() });
const Insertion = z.tuple([z.array(Named)]).rest(z.unknown());
const Takes = z.array(
  z.looseObject({ updateOne: z.looseObject({ filter: z.record(z.string(), z.unknown()) }) }),
);
const Options = z.looseObject({}).default({});

/** Long enough that something happens between two steps that should be one. */
const BETWEEN_STEPS_MS = 700;

/** Calls `change` in the place of a method, on the objects that `concerns` picks. */
function wrap(owner: object, method: string, concerns: (self: object) => boolean, change: Change): void {
  const original: unknown = Reflect.get(owner, method);
  if (typeof original !== 'function') throw new Error(`The driver has no method ${method}`);
  Reflect.set(owner, method, function wrapped(this: object, ...args: Arguments): unknown {
    const call = (given: Arguments): unknown => Reflect.apply(original, this, given);
    return concerns(this) ? change(args, call) : call(args);
  });
}

function wrapCollection(collection: string, method: string, change: Change): void {
  const concerns = (self: object): boolean => Reflect.get(self, 'collectionName') === collection;
  wrap(Collection.prototype, method, concerns, change);
}

const findNothing: Change = ([, ...options], call) => call([{ _id: { $in: [] } }, ...options]);

function withoutSession(options: unknown): object {
  const { session: _, ...others } = Options.parse(options);
  return others;
}

const breaks: Record<MutationName, () => void> = {
  'no-deduplication': () => {
    wrapCollection('inbox', 'find', findNothing);
    wrapCollection('inbox', 'createIndex', (args, call) =>
      Options.parse(args[1])['name'] === 'once' ? Promise.resolve('once') : call(args),
    );
    wrapCollection('grantDecisions', 'find', findNothing);
    // The index of ids is the one unique index that MongoDB does not drop.
    const underNewIds = (keep: (id: string) => object): Change => {
      return (args, call) => {
        const [documents, ...options] = Insertion.parse(args);
        const renamed = documents.map((row) =>
          Object.assign({}, row, keep(row._id), { _id: `${row._id}#${Math.random()}` }),
        );
        return call([renamed, ...options]);
      };
    };
    wrapCollection(
      'grantDecisions',
      'insertMany',
      underNewIds((grantId) => ({ grantId })),
    );
    wrapCollection(
      'ledger',
      'insertMany',
      underNewIds(() => ({})),
    );
  },

  // RabbitMQ forgets a message as soon as it has delivered it.
  'acknowledged-first': () => {
    const everywhere = (): boolean => true;
    wrap(Channel.prototype, 'consume', everywhere, ([queue, callback, options], call) =>
      call([queue, callback, { ...Options.parse(options), noAck: true }]),
    );
    for (const method of ['ack', 'nack', 'nackAll', 'reject'])
      wrap(Channel.prototype, method, everywhere, () => undefined);
  },

  'outbox-outside': () => {
    wrapCollection('outbox', 'insertMany', async ([rows, options], call) => {
      const inserted = await call([rows, withoutSession(options)]);
      await delay(BETWEEN_STEPS_MS);
      return inserted;
    });
  },

  'stock-in-two-steps': () => {
    wrapCollection('rewardStock', 'bulkWrite', async ([writes, options], call) => {
      const takes = Takes.safeParse(writes).data ?? [];
      if (!takes.some(({ updateOne }) => '$expr' in updateOne.filter)) return call([writes, options]);
      await delay(BETWEEN_STEPS_MS);
      const unconditional = takes.map(({ updateOne: { filter, ...update } }) => ({
        updateOne: { ...update, filter: { _id: filter['_id'] } },
      }));
      return call([unconditional, withoutSession(options)]);
    });
  },
};

breaks[z.enum(mutationNames).parse(process.env['BROKEN_PART'])]();
