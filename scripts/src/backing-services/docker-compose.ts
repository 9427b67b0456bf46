import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { runCommand } from '../processes/run-command.ts';
import type { ServerDefinition } from '../processes/server.ts';
import { repositoryRoot } from '../repository/packages.ts';
import type { BackingServiceName, BrokerPasswords } from './backing-services.ts';
import { becomePrimary, mongodArguments } from './mongod-server.ts';
import { rabbitmqDefinitions, readRights } from './rabbitmq-definitions.ts';
import { brokerAnswers, rabbitmqSettings, rabbitmqUrl } from './rabbitmq-server.ts';
import { redisAnswers } from './redis-server.ts';

const ComposeFile = z.object({ services: z.record(z.string(), z.object({ image: z.string().optional() })) });

/** Whether an engine answers and knows compose. */
export async function composeAnswers(): Promise<boolean> {
  const engine = await runCommand('docker', ['info', '--format', '{{.ServerVersion}}'], {
    signal: AbortSignal.timeout(10_000),
  });
  return engine.code === 0 && (await runCommand('docker', ['compose', 'version'])).code === 0;
}

export interface ComposeServerOptions {
  name: BackingServiceName;
  directory: string;
  port: number;
  /** Compose project; unique on this machine. */
  project: string;
  keepData: boolean;
  passwords: BrokerPasswords;
  virtualHosts: readonly string[];
}

interface Container {
  image: string;
  /** RabbitMQ keeps its data under its host's name. */
  hostname: string;
  command?: string[];
  ports: string[];
  volumes?: string[];
  stop_grace_period: string;
}

/** One backing service as a container, with the image that infra/compose.yaml names, on a port of loopback. */
export function composeServer(options: ComposeServerOptions): ServerDefinition {
  const { name, directory, port, project, keepData, passwords } = options;
  const file = join(directory, 'compose.yaml');
  const compose = ['compose', '-p', project, '-f', file];
  return {
    name,
    port,
    stopGraceMs: 40_000,
    async spec() {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const container = { ...(await containerOf(options)), image: await imageOf(name) };
      const volumes = keepData ? { data: {} } : {};
      await writeFile(file, stringify({ services: { [name]: container }, volumes }, { version: '1.1' }));
      // Before the wait for readiness begins. Without network the image may be there already.
      await runCommand('docker', [...compose, 'pull', '--quiet', name]);
      const args = [...compose, 'up', '--no-color', '--no-log-prefix', name];
      return { command: 'docker', args, cwd: directory, env: process.env };
    },
    async waitUntilReady(signal) {
      if (name === 'mongodb') await becomePrimary(port, signal);
      else if (name === 'redis') await redisAnswers(port, '127.0.0.1', signal);
      else await brokerAnswers(rabbitmqUrl(port, 'admin', passwords.admin), 180_000, signal);
    },
    async killOutside() {
      await runCommand('docker', [...compose, 'kill', '-s', 'SIGKILL', name]);
    },
    async cleanUp() {
      await runCommand('docker', [...compose, 'down', ...(keepData ? [] : ['--volumes'])]);
    },
  };
}

async function imageOf(name: BackingServiceName): Promise<string> {
  const file = join(repositoryRoot, 'infra', 'compose.yaml');
  const { services } = ComposeFile.parse(parse(await readFile(file, 'utf8')));
  const image = services[name]?.image;
  if (image === undefined) throw new Error(`infra/compose.yaml names no image for ${name}`);
  return image;
}

async function containerOf(options: ComposeServerOptions): Promise<Omit<Container, 'image'>> {
  const { name, port, keepData } = options;
  const data = (path: string) => (keepData ? [`data:${path}`] : []);
  const common = { hostname: name, stop_grace_period: '30s' };
  if (name === 'mongodb') {
    // The same port inside and outside, because the replica set tells clients its own address.
    return {
      ...common,
      command: ['mongod', ...mongodArguments(port), '--bind_ip_all'],
      ports: [`127.0.0.1:${port}:${port}`],
      volumes: data('/data/db'),
    };
  }
  if (name === 'redis') {
    return {
      ...common,
      command: ['redis-server', '--appendonly', 'no', '--save', keepData ? '300 1' : ''],
      ports: [`127.0.0.1:${port}:6379`],
      volumes: data('/data'),
    };
  }
  return {
    ...common,
    ports: [`127.0.0.1:${port}:5672`],
    volumes: [...data('/var/lib/rabbitmq'), ...(await brokerFiles(options))],
  };
}

// The container reads them as another user, so they are readable by all, inside a folder that only we can enter.
async function brokerFiles({ directory, passwords, virtualHosts }: ComposeServerOptions): Promise<string[]> {
  const inside = '/etc/rabbitmq';
  const contents = {
    'laurel.conf': rabbitmqSettings('0.0.0.0:5672', `${inside}/definitions.json`).join('\n'),
    'definitions.json': JSON.stringify(rabbitmqDefinitions(await readRights(), passwords, virtualHosts)),
  };
  for (const [name, text] of Object.entries(contents)) {
    await writeFile(join(directory, name), `${text}\n`);
    await chmod(join(directory, name), 0o644);
  }
  return [
    `${join(directory, 'laurel.conf')}:${inside}/conf.d/laurel.conf:ro`,
    `${join(directory, 'definitions.json')}:${inside}/definitions.json:ro`,
  ];
}
