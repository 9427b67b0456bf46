import type { IndexDescription } from 'mongodb';
import type { Endpoint } from '../http/endpoint.ts';
import type { Component, PeriodicOptions } from '../lifecycle/index.ts';
import type { ModuleConsumer } from './define-consumer.ts';

/** A collection with its indexes. One without indexes is named too, so that it is there before the first transaction. */
export interface IndexSpec {
  collection: string;
  indexes: readonly IndexDescription[];
  /** Names of indexes that earlier versions made and that are of no use any more. */
  drops?: readonly string[];
}

/** Work that every worker does at an interval. Instances do it at the same time, so `run` must bear that. */
export type Job = Omit<PeriodicOptions, 'logger'>;

/** One feature of a service: all that the service must serve, consume, run and store for it. */
export interface Module {
  /** Served on the HTTP port. */
  endpoints?: readonly Endpoint[];
  /** Served on the admin port, all with `access: 'unsigned'`. */
  controls?: readonly Endpoint[];
  /** Topic exchanges to which the module sends messages. */
  exchanges?: readonly string[];
  /** Queues that a worker consumes. */
  consumers?: readonly ModuleConsumer[];
  /** Run by every worker. */
  jobs?: readonly Job[];
  /** Started after the stores and before the first request, in the order of the modules; stopped in reverse. */
  components?: readonly Component[];
  /**
   * What lets requests wait. It starts after the HTTP server, so it stops before it: the requests that wait are
   * answered, and the server can finish them.
   */
  waiters?: readonly Component[];
  indexes?: readonly IndexSpec[];
}
