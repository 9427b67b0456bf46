import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { UserError } from '../console/user-error.ts';
import { findExecutable } from '../processes/find-executable.ts';
import type { ServerDefinition } from '../processes/server.ts';
import { waitUntil } from '../processes/wait-until.ts';
import { acceptsConnections } from '../processes/ports.ts';
import { runCommand } from '../processes/run-command.ts';
import type { BrokerPasswords, BrokerUser } from './backing-services.ts';
import { rabbitmqDefinitions, readRights, VIRTUAL_HOST } from './rabbitmq-definitions.ts';

export interface RabbitmqServerOptions {
  binary: string;
  directory: string;
  port: number;
  distributionPort: number;
  epmdPort: number;
  managementPort?: number | undefined;
  passwords: BrokerPasswords;
  virtualHosts: readonly string[];
  /** If it is one node of several. */
  cluster?: ClusterMember;
}

export interface ClusterMember {
  /** Unique in its system. */
  server: string;
  node: string;
  /** All nodes, this one included. */
  nodes: readonly string[];
  /** Holds the secret that the nodes share. */
  home: string;
}

/**
 * The broker and the name server that Erlang needs, as two servers. The name server is private: otherwise Erlang would
 * start a shared one that never stops.
 */
export function rabbitmqServers(options: RabbitmqServerOptions): ServerDefinition[] {
  return [nameServer(options), broker(options)];
}

export function rabbitmqUrl(
  port: number,
  user: BrokerUser,
  password: string | undefined,
  virtualHost = VIRTUAL_HOST,
): string {
  if (password === undefined) throw new Error(`${user} has no password for RabbitMQ`);
  return `amqp://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(virtualHost)}`;
}

/** Resolves once a user can log in, which is after the definitions are loaded. */
export async function brokerAnswers(url: string, limitMs: number, signal?: AbortSignal): Promise<void> {
  const probe = async () => {
    const connection = await connect(url, { timeout: 5000 });
    await connection.close();
    return true;
  };
  await waitUntil(probe, { limitMs, everyMs: 200, what: 'RabbitMQ', signal });
}

/** The lines of rabbitmq.conf that do not depend on where it runs. */
export function rabbitmqSettings(listen: string, definitionsFile: string): string[] {
  return [
    `listeners.tcp.1 = ${listen}`,
    `load_definitions = ${definitionsFile}`,
    // A start may have to read this much back; the default of 512 MB suits large servers.
    'raft.wal_max_size_bytes = 64000000',
    'log.file = false',
    'log.console = true',
    'log.console.level = warning',
  ];
}

/** The name server of the Erlang nodes on this machine. */
export function nameServer({
  directory,
  epmdPort,
}: Pick<RabbitmqServerOptions, 'directory' | 'epmdPort'>): ServerDefinition {
  return {
    name: 'epmd',
    port: epmdPort,
    stopGraceMs: 2000,
    async spec() {
      await mkdir(directory, { recursive: true });
      return {
        command: await findEpmd(),
        args: ['-address', '127.0.0.1', '-port', String(epmdPort)],
        cwd: directory,
        // Without this it refuses to end while a node is registered.
        env: { PATH: process.env['PATH'], ERL_EPMD_RELAXED_COMMAND_CHECK: 'true' },
      };
    },
    async waitUntilReady(signal) {
      const wait = { limitMs: 10_000, everyMs: 30, what: 'epmd', signal };
      await waitUntil(() => acceptsConnections(epmdPort), wait);
    },
  };
}

async function findEpmd(): Promise<string> {
  const onPath = await findExecutable('epmd');
  if (onPath !== undefined) return onPath;
  const question = 'io:format("~s/erts-~s/bin/epmd",[code:root_dir(),erlang:system_info(version)]),halt().';
  const { code, stdout } = await runCommand('erl', ['-noinput', '-boot', 'start_clean', '-eval', question]);
  if (code === 0 && stdout !== '') return stdout;
  throw new UserError('RabbitMQ needs epmd, a part of Erlang, which was not found: install Erlang/OTP.');
}

export function broker(options: RabbitmqServerOptions): ServerDefinition {
  const { binary, directory, port, epmdPort, distributionPort, passwords, cluster } = options;
  const file = (name: string) => join(directory, name);
  return {
    name: cluster?.server ?? 'rabbitmq',
    port,
    stopGraceMs: 30_000,
    async spec() {
      await writeConfiguration(options, file);
      return {
        command: binary,
        args: [],
        cwd: directory,
        env: {
          PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`,
          LANG: 'C.UTF-8',
          HOME: cluster?.home ?? file('home'),
          HOSTNAME: 'localhost',
          ERL_EPMD_PORT: String(epmdPort),
          ERL_EPMD_ADDRESS: '127.0.0.1',
          ERL_CRASH_DUMP_SECONDS: '0',
          RABBITMQ_NODENAME: cluster?.node ?? 'laurel@localhost',
          RABBITMQ_DIST_PORT: String(distributionPort),
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
          RABBITMQ_MNESIA_BASE: file('mnesia'),
          RABBITMQ_LOG_BASE: file('log'),
          RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
          RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'),
          RABBITMQ_ADVANCED_CONFIG_FILE: file('advanced.config'),
          RABBITMQ_GENERATED_CONFIG_DIR: file('config'),
          RABBITMQ_SCHEMA_DIR: file('schema'),
          // Without this the settings of the machine's own broker apply.
          RABBITMQ_CONF_ENV_FILE: '/dev/null',
        },
      };
    },
    waitUntilReady: (signal) => brokerAnswers(rabbitmqUrl(port, 'admin', passwords.admin), 90_000, signal),
  };
}

function clusterSettings({ nodes }: ClusterMember): string[] {
  return [
    'cluster_formation.peer_discovery_backend = classic_config',
    ...nodes.map((node, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${node}`),
    'cluster_partition_handling = pause_minority',
  ];
}

async function writeConfiguration(
  options: RabbitmqServerOptions,
  file: (name: string) => string,
): Promise<void> {
  const { directory, port, managementPort, passwords, virtualHosts, cluster } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const folder of ['home', 'mnesia', 'log', 'config', 'schema'])
    await mkdir(file(folder), { recursive: true });
  const settings = rabbitmqSettings(`127.0.0.1:${port}`, file('definitions.json'));
  if (managementPort !== undefined) {
    settings.push('management.tcp.ip = 127.0.0.1', `management.tcp.port = ${managementPort}`);
  }
  if (cluster !== undefined) settings.push(...clusterSettings(cluster));
  await writeFile(file('rabbitmq.conf'), `${settings.join('\n')}\n`);
  await writeFile(file('advanced.config'), '[].\n');
  await writeFile(
    file('enabled_plugins'),
    managementPort === undefined ? '[].\n' : '[rabbitmq_management].\n',
  );
  const definitions = JSON.stringify(rabbitmqDefinitions(await readRights(), passwords, virtualHosts));
  await writeFile(file('definitions.json'), definitions, { mode: 0o600 });
}
