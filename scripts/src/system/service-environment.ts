import type { BackingService } from '../backing-services/backing-services.ts';
import type { ServiceName } from '../repository/packages.ts';
import type { Credentials } from './credentials.ts';

/** Where one process of a service listens. */
export interface ServiceAddress {
  port: number;
  adminPort: number;
}

/** All processes of each service; the first of each is what links point at. */
export type ServiceAddresses = Record<ServiceName, ServiceAddress[]>;

export interface EnvironmentContext {
  backing: {
    mongodb: Pick<BackingService, 'url'>;
    redis: Pick<BackingService, 'url'>;
    rabbitmq: Pick<BackingService, 'urlFor'>;
  };
  credentials: Credentials;
  addresses: ServiceAddresses;
}

const KEY_ID = 'k1';
const HOST = '127.0.0.1';

/** The environment variables that make one process of a service part of this system. */
export function serviceEnvironment(
  service: ServiceName,
  { port, adminPort }: ServiceAddress,
  context: EnvironmentContext,
): Record<string, string> {
  return {
    HOST,
    PORT: String(port),
    ADMIN_HOST: HOST,
    ADMIN_PORT: String(adminPort),
    ADMIN_TOKEN: context.credentials.adminToken,
    REDIS_URL: context.backing.redis.url,
    RABBITMQ_URL: context.backing.rabbitmq.urlFor(service),
    ...ownVariables[service](context),
  };
}

/** Where clients reach the system. */
export function publicUrl(addresses: ServiceAddresses): string {
  return urlOf(addresses['api-gateway'][0]);
}

export function urlOf(address: ServiceAddress | undefined): string {
  if (address === undefined) throw new Error('the system has no process of that service');
  return `http://${HOST}:${address.port}`;
}

const ownVariables: Record<ServiceName, (context: EnvironmentContext) => Record<string, string>> = {
  'auth-service': ({ backing, credentials, addresses }) => ({
    MONGODB_URL: backing.mongodb.url,
    MONGODB_DATABASE: 'auth_db',
    GATEWAY_SIGNING_KEYS: `${KEY_ID}:${credentials.gatewaySigningSecrets['auth-service']}`,
    INTERNAL_KEYS: `${KEY_ID}:${credentials.internalSecret}`,
    PUBLIC_URL: publicUrl(addresses),
    AUTH_SECRET: credentials.authSecret,
    BOOTSTRAP_ADMIN_USERNAME: credentials.adminUsername,
    BOOTSTRAP_ADMIN_PASSWORD: credentials.adminPassword,
  }),
  'game-event-service': ({ backing, credentials }) => ({
    MONGODB_URL: backing.mongodb.url,
    MONGODB_DATABASE: 'event_db',
    GATEWAY_SIGNING_KEYS: `${KEY_ID}:${credentials.gatewaySigningSecrets['game-event-service']}`,
    AUDIT_SECRET: credentials.eventAuditSecret,
  }),
  'api-gateway': ({ credentials, addresses }) => ({
    AUTH_SERVICE_URL: addresses['auth-service'].map(urlOf).join(','),
    GAME_EVENT_SERVICE_URL: addresses['game-event-service'].map(urlOf).join(','),
    TOKEN_ISSUER: publicUrl(addresses),
    GATEWAY_SIGNING_KEYS: Object.entries(credentials.gatewaySigningSecrets)
      .map(([service, secret]) => `${service}/${KEY_ID}:${secret}`)
      .join(','),
    INTERNAL_KEYS: `${KEY_ID}:${credentials.internalSecret}`,
  }),
};
