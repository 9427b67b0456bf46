import type { BackingService } from '../backing-services/backing-services.ts';
import { fillPlaceholders } from '../repository/fill-placeholders.ts';
import { gateway, type ServiceName, serviceOf, services } from '../repository/packages.ts';
import { type Credentials, secretOf } from './credentials.ts';
import { routesSetting } from './routes-file.ts';

/** Where one process of a service listens. */
export interface ServiceAddress {
  port: number;
  adminPort: number;
}

/** All processes of each service; links point at the first of each. */
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
  name: ServiceName,
  { port, adminPort }: ServiceAddress,
  context: EnvironmentContext,
): Record<string, string> {
  const { backing, credentials, addresses } = context;
  const { database, upstream, settings, gateway: isGateway } = serviceOf(name);
  return {
    HOST,
    PORT: String(port),
    ADMIN_HOST: HOST,
    ADMIN_PORT: String(adminPort),
    ADMIN_TOKEN: credentials.adminToken,
    REDIS_URL: backing.redis.url,
    RABBITMQ_URL: backing.rabbitmq.urlFor(name),
    ...(database && { MONGODB_URL: backing.mongodb.url, MONGODB_DATABASE: database }),
    ...(upstream && { GATEWAY_SIGNING_KEYS: signingKey(credentials, name) }),
    ...(isGateway && gatewaySettings(context)),
    ...fillPlaceholders(settings, {
      'public-url': publicUrl(addresses),
      'internal-keys': `${KEY_ID}:${credentials.internalSecret}`,
      'admin-username': credentials.adminUsername,
      'admin-password': credentials.adminPassword,
      secret: (variable) => secretOf(credentials, variable),
    }),
  };
}

/** Where clients reach the system. */
export function publicUrl(addresses: ServiceAddresses): string {
  return urlOf(addresses[gateway.name]?.[0]);
}

export function urlOf(address: ServiceAddress | undefined): string {
  if (address === undefined) throw new Error('the system has no process of that service');
  return `http://${HOST}:${address.port}`;
}

function gatewaySettings({ credentials, addresses }: EnvironmentContext): Record<string, string> {
  const upstreams = services.flatMap(({ name, upstream }) => (upstream ? [{ name, upstream }] : []));
  return {
    ...Object.fromEntries(
      upstreams.map(({ name, upstream }) => [upstream, (addresses[name] ?? []).map(urlOf).join(',')]),
    ),
    GATEWAY_SIGNING_KEYS: upstreams.map(({ name }) => `${name}/${signingKey(credentials, name)}`).join(','),
    ...routesSetting(),
  };
}

function signingKey({ gatewaySigningSecrets }: Credentials, name: ServiceName): string {
  return `${KEY_ID}:${gatewaySigningSecrets[name]}`;
}
