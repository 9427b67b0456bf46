import type { ServiceName } from '../../repository/packages.ts';
import { type Aim, deathsBeforeTheCommit, repetitions, slowTransactions } from './aims.ts';

/** A piece of text in a file of a service, and what stands there in the broken build. */
export interface Replacement {
  /** Within the service's folder. */
  file: string;
  from: string;
  to: string;
}

/** A way to break a promise, and the rules of which one at least has to find it out. */
export interface Mutation {
  name: string;
  services: readonly Exclude<ServiceName, 'api-gateway'>[];
  replacements: readonly Replacement[];
  /** What brings it to light. */
  aim: Aim;
  caughtBy: readonly string[];
}

const KIT = 'node_modules/service-kit/dist';
const INBOX = `${KIT}/messaging/inbox.js`;
const LANE = `${KIT}/messaging/lane.js`;
const TRANSACT = `${KIT}/mongo/transact.js`;
const ACCEPT = 'src/claims/accept-claims.ts';
const LEDGER = 'src/entitlements/entitlement-store.ts';
const STORING =
  'if (accepted.length > 0) await store(accepted, { rules: scene.rules, stock: found.stock }, tx, deps);';
const STOCK = 'src/catalog/rewards/stock-store.ts';

const withoutDeduplication: Mutation = {
  name: 'inbox and decision look-up off, their unique indexes dropped',
  services: ['auth-service'],
  aim: repetitions,
  caughtBy: ['I2'],
  replacements: [
    {
      file: INBOX,
      from: 'const handled = new Set(found.flatMap(({ messages }) => messages));',
      to: 'const handled = new Set();',
    },
    {
      file: INBOX,
      from: "await rows.createIndex({ messages: 1 }, { unique: true, name: 'once' });",
      to: '',
    },
    {
      file: LEDGER,
      from: 'return new Map(found.map((document) => [document._id, toDecision(document)]));',
      to: 'return new Map();',
    },
    // The id is the one unique index that cannot be dropped.
    {
      file: LEDGER,
      from: '({ _id: grantId, ...decision })',
      to: '({ _id: `${grantId}#${Math.random()}`, grantId, ...decision })',
    },
    {
      file: LEDGER,
      from: 'newEntries.map(({ id, ...entry }) => ({ _id: id, ...entry }))',
      to: 'newEntries.map(({ id, ...entry }) => ({ _id: `${id}#${Math.random()}`, ...entry }))',
    },
  ],
};

const acknowledgedFirst: Mutation = {
  name: 'acknowledged before the commit',
  services: ['auth-service', 'game-event-service'],
  aim: deathsBeforeTheCommit,
  caughtBy: ['I8'],
  replacements: [
    {
      file: LANE,
      from: 'handling = batch.length;',
      to: 'handling = batch.length; channel.ack(last.delivery, true);',
    },
    {
      file: LANE,
      from: 'if (!gone.signal.aborted)\n            channel.ack(last.delivery, true);',
      to: '',
    },
  ],
};

const outboxOutside: Mutation = {
  name: 'outbox row written outside the transaction',
  services: ['game-event-service'],
  aim: slowTransactions,
  caughtBy: ['I6'],
  replacements: [
    {
      file: TRANSACT,
      from: 'emit: (...more) => void messages.push(...more),',
      to: `emit: (...more) => {
        if (more.length > 0) outbox.insert(more).then((rows) => outbox.committed(rows), () => {});
      },`,
    },
    // As early as it can be known: a transaction that is decided anew after a conflict may decide otherwise.
    {
      file: ACCEPT,
      from: `  ${STORING}\n`,
      to: '',
    },
    {
      file: ACCEPT,
      from: '    ),\n  );\n  return decisions;',
      to: `    ),\n  );\n  ${STORING}\n  return decisions;`,
    },
  ],
};

const stockNotAtomic: Mutation = {
  name: 'stock checked and taken in two steps',
  services: ['game-event-service'],
  aim: slowTransactions,
  caughtBy: ['I3'],
  replacements: [
    {
      file: ACCEPT,
      from: '{ session }: Transaction<OutgoingMessage>,',
      to: '{ session, afterCommit }: Transaction<OutgoingMessage>,',
    },
    {
      file: ACCEPT,
      from: 'await stock.take(units, before.stock, session);',
      to: 'afterCommit(() => stock.take(units, before.stock, session));',
    },
    {
      file: STOCK,
      from: "            $expr: { $or: [{ $eq: ['$total', null] }, { $lte: [{ $add: ['$taken', count] }, '$total'] }] },\n",
      to: '',
    },
    {
      file: STOCK,
      from: 'await stocks.bulkWrite(updates, { session });\n      // Decided',
      to: 'await stocks.bulkWrite(updates);\n      // Decided',
    },
  ],
};

/** Builds that are broken on purpose: whoever checks has to find each of them out. */
export const mutations: readonly Mutation[] = [
  withoutDeduplication,
  acknowledgedFirst,
  outboxOutside,
  stockNotAtomic,
];
