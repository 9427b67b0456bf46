import { MongoClient } from 'mongodb';
import { seedAccounts } from '../../bench/seed-accounts.ts';
import { BrokerObserver } from '../broker/broker-observer.ts';
import { workQueuesIn } from '../broker/queues.ts';
import type { ChaosPlan } from '../chaos-plan.ts';
import { createIntents, type Intent, playersFor } from '../load/intents.ts';
import { StoreWatch } from '../watch/store-watch.ts';
import { brokersOf, type ChaosSystem } from './chaos-system.ts';
import { type EventStage, setEventStage } from './event-stage.ts';

export interface ChaosStage {
  chaos: ChaosSystem;
  mongo: MongoClient;
  broker: BrokerObserver;
  watch: StoreWatch;
  workQueues: readonly string[];
  /** Every queue that must be empty in the end. */
  passingQueues: readonly string[];
  events: EventStage;
  /** @returns a token that is valid for some minutes */
  adminToken: () => string;
  players: readonly string[];
  tokenFor: (accountId: string) => string;
  nextIntent: (elapsedMs: number) => Intent;
  close(): Promise<void>;
}

export const SESSIONS = 30;
const ADMIN = 'acc_chaos_admin';

/** Everything that a run needs besides its system: events, players and observers. */
export async function setStage(chaos: ChaosSystem, plan: ChaosPlan): Promise<ChaosStage> {
  const { mint, system } = chaos;
  const mongo = new MongoClient(system.backing.mongodb.url, { serverSelectionTimeoutMS: 30_000 });
  const watch = new StoreWatch(mongo);
  const close = async (): Promise<void> => {
    await watch.stop();
    await mongo.close();
  };
  try {
    const broker = new BrokerObserver(chaos.brokerUrls, brokersOf(system.backing.rabbitmq.servers));
    const workQueues = workQueuesIn(await broker.bindings());
    if (workQueues.length === 0) throw new Error('no queue is bound');
    const queues = (await broker.depths()).map(({ name }) => name);
    const adminToken = (): string =>
      mint.accessToken({ accountId: ADMIN, roles: ['ADMIN'], issuer: system.url });
    const events = await setEventStage({
      url: system.url,
      adminToken: adminToken(),
      durationMs: plan.durationMs,
    });
    const players = await seedAccounts({
      url: system.url,
      client: mongo,
      count: playersFor(plan.durationMs),
    });
    await watch.start();
    return {
      chaos,
      mongo,
      broker,
      watch,
      workQueues,
      passingQueues: queues.filter((name) => !name.endsWith('.dead') && !name.startsWith('amq.')),
      events,
      adminToken,
      players,
      tokenFor: remembered((accountId) =>
        mint.accessToken({ accountId, roles: ['USER'], issuer: system.url }),
      ),
      nextIntent: createIntents(plan.seed, SESSIONS),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * A player keeps their token, which is good for longer than they are about: making one for each request would be a load
 * of its own.
 */
function remembered(make: (key: string) => string): (key: string) => string {
  const made = new Map<string, string>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}
