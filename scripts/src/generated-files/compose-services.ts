import { stringify } from 'yaml';
import { fillPlaceholders } from '../repository/fill-placeholders.ts';
import { gateway, services } from '../repository/packages.ts';
import type { Service } from '../repository/service-manifest.ts';
import { passwordVariable, signingKeyVariable } from './container-variables.ts';

const KEY_ID = '1';
const BACKING = ['mongodb', 'redis', 'rabbitmq'];
const RUNTIME = { stop_grace_period: '15s', restart: 'unless-stopped' };

/** The services in infra/compose.yaml, and a worker of each that can be one. */
export function composeServices(): string[] {
  const containers = services.flatMap((service) => [
    [service.name, serviceContainer(service)] as const,
    ...(service.worker ? [[workerName(service), workerContainer(service)] as const] : []),
  ]);
  return containers.flatMap(([name, container]) =>
    // Without aliases, so that each service can be read by itself.
    stringify({ [name]: container }, { aliasDuplicateObjects: false, lineWidth: 0 })
      .trimEnd()
      .split('\n'),
  );
}

const workerName = ({ name }: Service) => name.replace(/(-service)?$/, '-worker');

function serviceContainer(service: Service) {
  const { name, ports, worker } = service;
  return {
    profiles: ['laurel'],
    build: `../${name}`,
    environment: {
      ...(worker && { ROLE: '${ROLE:-all}' }),
      PORT: String(ports.http),
      ...settingsOf(service),
    },
    ports: [`127.0.0.1:\${${ports.variables}_PORT:-${ports.http}}:${ports.http}`],
    ...(service.gateway && routesMount()),
    networks: service.gateway ? ['edge', 'broker', 'limits'] : ['edge', 'backing'],
    depends_on: healthy(
      service.gateway ? upstreams().map((one) => one.name) : [...BACKING, ...service.startAfter],
    ),
    healthcheck: readiness('PORT'),
    ...RUNTIME,
  };
}

function workerContainer(service: Service) {
  const { name, ports } = service;
  return {
    profiles: ['workers'],
    build: `../${name}`,
    environment: {
      PORT: String(ports.http),
      ...settingsOf(service),
      ROLE: 'worker',
      ADMIN_PORT: String(ports.admin),
    },
    networks: ['backing'],
    depends_on: healthy(BACKING),
    healthcheck: readiness('ADMIN_PORT'),
    ...RUNTIME,
  };
}

function settingsOf(service: Service): Record<string, string> {
  const { name, database, upstream, settings, containerSettings } = service;
  return {
    ...(database && { MONGODB_URL: 'mongodb://mongodb:27017/?replicaSet=rs0', MONGODB_DATABASE: database }),
    REDIS_URL: 'redis://redis:6379',
    RABBITMQ_URL: `amqp://${name}:${needed(passwordVariable(name))}@rabbitmq:5672/laurel`,
    ...(upstream && { GATEWAY_SIGNING_KEYS: signingKey(name) }),
    ...(service.gateway && gatewaySettings()),
    ...fillPlaceholders(settings, {
      'public-url': `\${PUBLIC_URL:-http://127.0.0.1:${gateway.ports.http}}`,
      'internal-keys': `${KEY_ID}:${needed('INTERNAL_KEY')}`,
      'admin-username': '${BOOTSTRAP_ADMIN_USERNAME:-admin}',
      'admin-password': needed('BOOTSTRAP_ADMIN_PASSWORD'),
      secret: needed,
    }),
    ...containerSettings,
    LOG_LEVEL: '${LOG_LEVEL:-info}',
  };
}

function gatewaySettings(): Record<string, string> {
  return {
    ...Object.fromEntries(
      upstreams().map(({ name, upstream, ports }) => [upstream, `http://${name}:${ports.http}`]),
    ),
    GATEWAY_SIGNING_KEYS: upstreams()
      .map(({ name }) => `${name}/${signingKey(name)}`)
      .join(','),
  };
}

function routesMount() {
  if (services.every(({ routes }) => routes === undefined)) return {};
  return { volumes: ['./routes.yaml:/app/routes.yaml:ro'] };
}

const upstreams = () => services.flatMap((one) => (one.upstream ? [{ ...one, upstream: one.upstream }] : []));
const needed = (variable: string) => `\${${variable}:?is missing, see infra/make-env}`;
const signingKey = (service: string) => `${KEY_ID}:${needed(signingKeyVariable(service))}`;
const healthy = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { condition: 'service_healthy' }]));

function readiness(portVariable: 'PORT' | 'ADMIN_PORT') {
  const url = `\`http://127.0.0.1:$\${process.env.${portVariable}}/readyz\``;
  return {
    test: [
      'CMD',
      'node',
      '--eval',
      `fetch(${url}).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`,
    ],
    interval: '3s',
    timeout: '5s',
    start_period: '60s',
    retries: 5,
  };
}
