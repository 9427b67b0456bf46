import type { Server } from '../processes/server.ts';
import type { ServiceName } from '../repository/packages.ts';

export const backingServiceNames = ['mongodb', 'redis', 'rabbitmq'] as const;
export type BackingServiceName = (typeof backingServiceNames)[number];

/** Who speaks to RabbitMQ, each as a user of its own with only the rights it needs. */
export const brokerUsers = [
  'admin',
  'auth-service',
  'game-event-service',
  'api-gateway',
  'game-server',
] as const;
export type BrokerUser = (typeof brokerUsers)[number];
export type BrokerPasswords = Record<BrokerUser, string>;

/** One backing service that is there to be used. */
export interface BackingService {
  name: BackingServiceName;
  /** Where it came from, for people: `/usr/bin/redis-server`, `MONGODB_URL`. */
  source: string;
  /** With every right that there is. */
  url: string;
  /** For RabbitMQ: the URL with the user of one service. */
  urlFor(user: ServiceName | BrokerUser): string;
  /** What had to be started for it, in order; empty where it was given by URL. */
  servers: Server[];
}

export type BackingServices = Record<BackingServiceName, BackingService>;
