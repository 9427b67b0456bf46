import { describe, expect, it } from 'vitest';
import { runCommand } from '../src/processes/run-command.ts';
import { packageDirectory, type ServiceName, serviceNames } from '../src/repository/packages.ts';
import { bareEnvironment } from '../src/system/private-system.ts';

const SECRET = 'x'.repeat(43);

interface Case {
  /** What cannot be guessed, so it must be set. */
  required: string[];
  wrong: Record<string, string>;
}

const cases: Record<ServiceName, Case> = {
  'auth-service': {
    required: ['MONGODB_URL', 'RABBITMQ_URL', 'GATEWAY_SIGNING_KEYS', 'PUBLIC_URL', 'AUTH_SECRET'],
    wrong: {
      PORT: '70000',
      MONGODB_URL: 'http://127.0.0.1',
      ACCESS_TOKEN_TTL: 'soon',
      AUTH_SECRET: 'short-and-private',
    },
  },
  'game-event-service': {
    required: ['MONGODB_URL', 'REDIS_URL', 'RABBITMQ_URL', 'GATEWAY_SIGNING_KEYS'],
    wrong: { PORT: 'eighty', REDIS_URL: 'nonsense', CLAIM_WAIT_MS: '-1', REWARD_RESULTS_PREFETCH: '0' },
  },
  'api-gateway': {
    required: ['AUTH_SERVICE_URL', 'GAME_EVENT_SERVICE_URL', 'TOKEN_ISSUER', 'GATEWAY_SIGNING_KEYS'],
    wrong: {
      PORT: '1.5',
      AUTH_SERVICE_URL: 'ftp://127.0.0.1',
      GATEWAY_SIGNING_KEYS: `auth-service:${SECRET}`,
    },
  },
};

/** For a service that has no case of its own. */
const everyService: Case = {
  required: ['MONGODB_URL', 'RABBITMQ_URL', 'GATEWAY_SIGNING_KEYS'],
  wrong: { PORT: '70000', MONGODB_URL: 'http://127.0.0.1' },
};

async function start(service: ServiceName, env: NodeJS.ProcessEnv) {
  const { code, output } = await runCommand(process.execPath, ['src/main.ts'], {
    cwd: packageDirectory(service),
    env: { ...bareEnvironment(), ...env },
    signal: AbortSignal.timeout(20_000),
  });
  return { code, output };
}

describe.each(serviceNames)('%s', (name) => {
  const { required, wrong } = cases[name] ?? everyService;

  it('started without its variables names every one of them and exits with 78', async () => {
    const { code, output } = await start(name, {});
    expect(required.filter((variable) => !output.includes(variable))).toEqual([]);
    expect(code).toBe(78);
  });

  it('started with wrong variables lists all of the problems, no secret among them, and exits with 78', async () => {
    const { code, output } = await start(name, wrong);
    expect(Object.keys(wrong).filter((variable) => !output.includes(variable))).toEqual([]);
    expect(output).not.toContain('short-and-private');
    expect(output).not.toContain(SECRET);
    expect(code).toBe(78);
  });
});
