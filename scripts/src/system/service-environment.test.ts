import { expect, it } from 'vitest';
import { type BackingServiceName, type BackingServices } from '../backing-services/backing-services.ts';
import { makeCredentials } from './credentials.ts';
import { type ServiceAddresses, serviceEnvironment } from './service-environment.ts';

const service = (name: BackingServiceName) => ({
  name,
  source: 'a test',
  url: `${name}://admin`,
  urlFor: (user: string) => `${name}://${user}`,
  servers: [],
});
const backing: BackingServices = {
  mongodb: service('mongodb'),
  redis: service('redis'),
  rabbitmq: service('rabbitmq'),
};
const addresses: ServiceAddresses = {
  'auth-service': [{ port: 1, adminPort: 2 }],
  'game-event-service': [
    { port: 3, adminPort: 4 },
    { port: 5, adminPort: 6 },
  ],
  'api-gateway': [{ port: 7, adminPort: 8 }],
};
const credentials = makeCredentials();
const context = { backing, credentials, addresses };
const at = { port: 9, adminPort: 10 };

it('every service speaks to the broker as a user of its own', () => {
  expect(serviceEnvironment('auth-service', at, context)['RABBITMQ_URL']).toBe('rabbitmq://auth-service');
  expect(serviceEnvironment('game-event-service', at, context)['RABBITMQ_URL']).toBe(
    'rabbitmq://game-event-service',
  );
  expect(serviceEnvironment('api-gateway', at, context)['RABBITMQ_URL']).toBe('rabbitmq://api-gateway');
});

it('the gateway knows every process of a service', () => {
  const env = serviceEnvironment('api-gateway', at, context);
  expect(env['GAME_EVENT_SERVICE_URL']).toBe('http://127.0.0.1:3,http://127.0.0.1:5');
});

it('the gateway signs for each service with the key that this service verifies', () => {
  const keys = serviceEnvironment('api-gateway', at, context)['GATEWAY_SIGNING_KEYS']?.split(',');
  const keyOf = (name: 'auth-service' | 'game-event-service') =>
    serviceEnvironment(name, at, context)['GATEWAY_SIGNING_KEYS'];
  expect(keys).toEqual([
    `auth-service/${keyOf('auth-service')}`,
    `game-event-service/${keyOf('game-event-service')}`,
  ]);
});

it('the issuer that the gateway expects is the public address that auth-service signs with', () => {
  const issuer = serviceEnvironment('api-gateway', at, context)['TOKEN_ISSUER'];
  expect(serviceEnvironment('auth-service', at, context)['PUBLIC_URL']).toBe(issuer);
  expect(issuer).toBe('http://127.0.0.1:7');
});

it('the gateway signs its own questions with the key by which auth-service knows them', () => {
  const keys = serviceEnvironment('api-gateway', at, context)['INTERNAL_KEYS'];
  expect(keys).toBe(`k1:${credentials.internalSecret}`);
  expect(serviceEnvironment('auth-service', at, context)['INTERNAL_KEYS']).toBe(keys);
});

it('the gateway is given no store', () => {
  expect(serviceEnvironment('api-gateway', at, context)).not.toHaveProperty('MONGODB_URL');
});
