import { MongoClient } from 'mongodb';
import { rabbitmqUrl } from '../src/backing-services/rabbitmq-server.ts';
import { Link } from '../src/chaos/links/link.ts';
import { brokersOf } from '../src/chaos/stage/chaos-system.ts';
import { freePort } from '../src/processes/ports.ts';
import type { Server } from '../src/processes/server.ts';
import { LaurelSystem } from '../src/system/laurel-system.ts';
import { bareEnvironment, freeAddresses, PrivateBackingServices } from '../src/system/private-system.ts';

export type Snared = 'auth-service' | 'game-event-service';
export type Store = 'mongodb' | 'rabbitmq';

/** A Laurel whose services reach MongoDB and RabbitMQ over links that notice what passes. */
export interface SnaredSystem {
  system: LaurelSystem;
  mongo: MongoClient;
  /** With every right, and past all links. */
  brokerUrl: string;
  brokerNodes: Server[];
  link(service: Snared, to: Store): Link;
  stop(): Promise<void>;
}

/** What a killed process holds is free again soon: a lease on messages, a transaction that nobody ends. */
const SOON = { OUTBOX_LEASE_MS: '1000' };
const TRANSACTION_LIFETIME_S = 1;

export async function startSnaredSystem(): Promise<SnaredSystem> {
  const backing = await PrivateBackingServices.start();
  const { services, credentials } = backing;
  const mongo = await new MongoClient(services.mongodb.url).connect();
  await mongo
    .db('admin')
    .command({ setParameter: 1, transactionLifetimeLimitSeconds: TRANSACTION_LIFETIME_S });
  const brokerNodes = brokersOf(services.rabbitmq.servers);
  const ports = {
    mongodb: services.mongodb.servers[0]?.port ?? 0,
    rabbitmq: brokerNodes[0]?.port ?? 0,
  };

  const links = new Map<string, Link>();
  const environments = new Map<string, Record<string, string>>();
  for (const service of ['auth-service', 'game-event-service'] as const) {
    for (const to of ['mongodb', 'rabbitmq'] as const) {
      const name = `${service} → ${to}`;
      links.set(name, await Link.open({ name, port: await freePort(), target: ports[to] }));
    }
    const portOf = (to: Store): number => links.get(`${service} → ${to}`)?.port ?? 0;
    environments.set(service, {
      MONGODB_URL: `mongodb://127.0.0.1:${portOf('mongodb')}/?directConnection=true`,
      RABBITMQ_URL: rabbitmqUrl(portOf('rabbitmq'), service, credentials.rabbitmqPasswords[service]),
    });
  }

  const system = new LaurelSystem({
    backing: services,
    credentials,
    addresses: await freeAddresses(),
    baseEnvironment: bareEnvironment(),
    overrides: { all: SOON },
    environmentOf: (name) => environments.get(name) ?? {},
    surroundings: backing.surroundings,
  });
  const stop = async (): Promise<void> => {
    await system.stopServices();
    await Promise.all([...links.values()].map((link) => link.close()));
    await mongo.close();
    await backing.stop();
  };
  try {
    await system.startServices();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    system,
    mongo,
    brokerUrl: rabbitmqUrl(ports.rabbitmq, 'admin', credentials.rabbitmqPasswords.admin),
    brokerNodes,
    link: (service, to) => {
      const link = links.get(`${service} → ${to}`);
      if (!link) throw new Error(`there is no link from ${service} to ${to}`);
      return link;
    },
    stop,
  };
}
