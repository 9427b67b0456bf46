import type { Server } from '../processes/server.ts';
import { serviceNames } from '../repository/packages.ts';

export const backingServiceNames = ['mongodb', 'redis', 'rabbitmq'] as const;
export type BackingServiceName = (typeof backingServiceNames)[number];

/** Every user of RabbitMQ, each with only the rights that it needs: the services, the operator and the game servers. */
export const brokerUsers: readonly string[] = ['admin', ...serviceNames, 'game-server'];
export type BrokerUser = string;
/** By user. */
export interface BrokerPasswords {
  admin: string;
  [user: BrokerUser]: string;
}

/** One backing service that can be used. */
export interface BackingService {
  name: BackingServiceName;
  /** Where it came from, as text for people: `/usr/bin/redis-server`, `MONGODB_URL`. */
  source: string;
  /** With every right. */
  url: string;
  /** For RabbitMQ: the URL with the user of one service. */
  urlFor(user: BrokerUser): string;
  /** The processes to start for it, in order; empty if it was given by URL. */
  servers: Server[];
}

export type BackingServices = Record<BackingServiceName, BackingService>;
