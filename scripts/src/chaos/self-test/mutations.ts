import { join } from 'node:path';
import { packageDirectory, type ServiceName } from '../../repository/packages.ts';
import type { ChaosPlan } from '../chaos-plan.ts';
import { type Aim, deathsBeforeTheCommit, repetitions, slowTransactions } from './aims.ts';
import type { MutationName } from './broken-parts.ts';

/** A way to break a promise, and the invariants; at least one must catch it. */
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
    aim: slowTransactions,
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

/** Runs the services from the entry that breaks a part of them. */
export function brokenBuild(
  name: MutationName,
  services: readonly ServiceName[],
): Required<Pick<ChaosPlan, 'folders' | 'variables'>> {
  const folder = join(import.meta.dirname, 'broken-service');
  return {
    folders: Object.fromEntries(services.map((service) => [service, folder])),
    variables: Object.fromEntries(
      services.map((service) => [service, { SERVICE_FOLDER: packageDirectory(service), BROKEN_PART: name }]),
    ),
  };
}
