import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { ServiceName } from '../../repository/packages.ts';
import {
  type Aim,
  deathsBeforeTheCommit,
  interruptedTransactions,
  repetitions,
  slowTransactions,
} from './aims.ts';
import type { MutationName } from './mutation-names.ts';

/** A way to break a promise, and the invariants of which at least one must catch it. */
export interface Mutation {
  name: MutationName;
  summary: string;
  services: readonly Exclude<ServiceName, 'api-gateway'>[];
  /** The faults under which it shows. */
  aim: Aim;
  caughtBy: readonly string[];
}

export const mutations: readonly Mutation[] = [
  {
    name: 'no-deduplication',
    summary: 'inbox and decision look-up off, their unique indexes dropped',
    services: ['auth-service'],
    aim: repetitions,
    caughtBy: ['I2'],
  },
  {
    name: 'acknowledged-first',
    summary: 'acknowledged before the commit',
    services: ['auth-service', 'game-event-service'],
    aim: deathsBeforeTheCommit,
    caughtBy: ['I8'],
  },
  {
    name: 'outbox-outside',
    summary: 'outbox row written outside the transaction',
    services: ['game-event-service'],
    aim: interruptedTransactions,
    caughtBy: ['I6'],
  },
  {
    name: 'stock-in-two-steps',
    summary: 'stock checked and taken in two steps',
    services: ['game-event-service'],
    aim: slowTransactions,
    caughtBy: ['I3'],
  },
];

/** The environment variables that break a service as it starts. */
export function variablesFor(name: MutationName): Record<string, string> {
  const preload = pathToFileURL(join(import.meta.dirname, 'break-service.ts')).href;
  return { NODE_OPTIONS: `--import=${preload}`, BROKEN_PART: name };
}
