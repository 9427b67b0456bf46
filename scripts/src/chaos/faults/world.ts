import type { MongoClient } from 'mongodb';
import type { BrokerObserver } from '../broker/broker-observer.ts';
import type { Random } from '../random.ts';
import type { ChaosSystem } from '../stage/chaos-system.ts';
import type { SentMessage } from '../watch/store-watch.ts';
import type { PlannedFault } from './fault.ts';
import type { Poison } from './malformed-messages.ts';

/** What faults act on, and with. */
export interface FaultWorld {
  chaos: ChaosSystem;
  mongo: MongoClient;
  broker: BrokerObserver;
  /** Messages that were sent so far. */
  messages: () => SentMessage[];
  /** Malformed messages that were put into work queues. */
  poison: Poison[];
  random: Random;
}

export interface Applied {
  /** What it met. */
  met: string;
  /** Undoes the fault; absent where the fault ends at once. */
  undo?: () => Promise<void>;
}

export type ApplyFault = (fault: PlannedFault, world: FaultWorld) => Promise<Applied>;
