import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type BackingServices, backingServiceNames } from '../backing-services/backing-services.ts';
import { planBackingServices } from '../backing-services/plan-backing-services.ts';
import type { Sources } from '../backing-services/sources.ts';
import type { Step } from '../console/steps.ts';
import { identify } from '../processes/process-identity.ts';
import { Keeper } from '../processes/keeper.ts';
import type { Exit } from '../processes/managed-process.ts';
import type { Server } from '../processes/server.ts';
import { cacheDirectory } from '../repository/cache.ts';
import { dataDirectory, repositoryRoot } from '../repository/packages.ts';
import { keepCredentials } from '../system/credentials.ts';
import { LaurelSystem, startBackingService, stopBackingServices } from '../system/laurel-system.ts';
import { LogFiles } from './log-files.ts';
import { readAddresses } from './port-settings.ts';
import { Restarts } from './restarts.ts';
import { ownIdentity, type ProcessState, removeState, type SystemState, writeState } from './state-file.ts';

export interface SupervisorOptions {
  command: 'up' | 'infra';
  sources: Sources;
  env: NodeJS.ProcessEnv;
  /** Gets every line of every process, and the supervisor's own lines as `laurel`. */
  onLine(name: string, line: string): void;
}

const names = { mongodb: 'MongoDB', redis: 'Redis', rabbitmq: 'RabbitMQ' };
const variables = { mongodb: 'MONGODB_URL', redis: 'REDIS_URL', rabbitmq: 'RABBITMQ_URL' } as const;

const STOP_AGAIN_MS = 100;

/** Runs the system of this checkout: starts it, restarts what ends, writes the state file, and stops it in order. */
export class Supervisor {
  readonly directory: string;
  readonly system: LaurelSystem;
  readonly #command: 'up' | 'infra';
  readonly #managementUrl: string | null;
  readonly #keeper: Keeper;
  readonly #logs: LogFiles;
  readonly #restarts: Restarts;
  readonly #startedAt = new Date().toISOString();
  #phase: SystemState['phase'] = 'starting';
  #writing: Promise<void> = Promise.resolve();
  readonly #starts: Promise<unknown>[] = [];
  #stopped: Promise<void> | undefined;

  private constructor(
    command: 'up' | 'infra',
    directory: string,
    system: LaurelSystem,
    keeper: Keeper,
    logs: LogFiles,
    restarts: Restarts,
    managementUrl: string | null,
  ) {
    this.#command = command;
    this.directory = directory;
    this.system = system;
    this.#keeper = keeper;
    this.#logs = logs;
    this.#restarts = restarts;
    this.#managementUrl = managementUrl;
  }

  static async create(options: SupervisorOptions): Promise<Supervisor> {
    const { env } = options;
    const directory = dataDirectory(env);
    const credentials = await keepCredentials(directory);
    const logs = new LogFiles(directory);
    const keeper = Keeper.start();
    const onLine = (name: string, line: string) => {
      logs.write(name, line);
      options.onLine(name, line);
    };
    const restarts = new Restarts(
      (level, message) => onLine('laurel', ownLine(level, message)),
      () => supervisor.#writeState(),
    );
    const surroundings = {
      keeper,
      onLine,
      onUnexpectedExit: (server: Server, exit: Exit) => restarts.onExit(server, exit),
    };
    const management =
      env['LAUREL_RABBITMQ_MANAGEMENT'] === '1' && options.sources.rabbitmq.kind === 'binary';
    const backing = await planBackingServices({
      sources: options.sources,
      directory,
      keepData: true,
      passwords: credentials.rabbitmqPasswords,
      management,
      project: `laurel-${createHash('sha256').update(`${repositoryRoot}:${directory}`).digest('hex').slice(0, 8)}`,
      surroundings,
    });
    const system = new LaurelSystem({
      backing,
      credentials,
      addresses: readAddresses(env),
      baseEnvironment: { ...env, NODE_COMPILE_CACHE: join(cacheDirectory(env), 'compiled') },
      surroundings,
    });
    const managementUrl = management ? `http://127.0.0.1:${backing.ports.management}` : null;
    const { command } = options;
    const supervisor = new Supervisor(command, directory, system, keeper, logs, restarts, managementUrl);
    await supervisor.#writeState();
    return supervisor;
  }

  /** The start as groups of steps, one group after the other. */
  startSteps(): Step[][] {
    const groups = [this.#backingSteps(this.system.backing)];
    if (this.#command === 'up') groups.push(this.#serviceSteps());
    return groups;
  }

  /** From now on, a process that ends is started again. */
  async watch(): Promise<void> {
    this.#phase = 'running';
    this.#restarts.enabled = true;
    await this.#writeState();
  }

  /** Stops what this supervisor started, and nothing else. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Kills all processes at once, for a second Ctrl-C. */
  async kill(): Promise<void> {
    await Promise.all(this.system.servers.map((server) => server.kill()));
  }

  async #stop(): Promise<void> {
    this.#phase = 'stopping';
    this.#restarts.enabled = false;
    await this.#writeState();
    await this.#stopServers();
    await this.#writing;
    await removeState(this.directory);
    await this.#keeper.end();
    await this.#logs.close();
  }

  /** Stops again until no start is in progress, because a start may add a process. */
  async #stopServers(): Promise<void> {
    let settled = false;
    void Promise.allSettled(this.#starts).then(() => (settled = true));
    for (let isLast = false; !isLast; await setTimeout(STOP_AGAIN_MS)) {
      isLast = settled;
      await this.system.stopServices();
      await stopBackingServices(this.system.backing);
    }
  }

  #backingSteps(backing: BackingServices): Step[] {
    return backingServiceNames.map((name) => ({
      title: names[name],
      run: async () => {
        await this.#start(() => startBackingService(backing[name]));
        await this.#writeState();
        return backing[name].source;
      },
    }));
  }

  #serviceSteps(): Step[] {
    return this.system.instances.map(({ server }) => ({
      title: server.name,
      run: async () => {
        await this.#start(() => server.start());
        await this.#writeState();
        return `port ${server.port}`;
      },
    }));
  }

  #start(how: () => Promise<void>): Promise<void> {
    const start = how();
    this.#starts.push(start);
    return start;
  }

  #writeState(): Promise<void> {
    this.#writing = this.#writing.then(() => writeState(this.directory, this.#state()));
    return this.#writing;
  }

  #state(): SystemState {
    const { backing, instances } = this.system;
    const services = this.#command === 'up' ? instances : [];
    return {
      command: this.#command,
      supervisor: ownIdentity(),
      phase: this.#phase,
      startedAt: this.#startedAt,
      url: this.#command === 'up' ? this.system.url : null,
      managementUrl: this.#managementUrl,
      backing: backingServiceNames.map((name) => {
        return { variable: variables[name], url: backing[name].url, source: backing[name].source };
      }),
      processes: [
        ...services.map(({ server, address }) => this.#processState(server, 'service', address.adminPort)),
        ...backingServiceNames
          .flatMap((name) => backing[name].servers)
          .map((server) => this.#processState(server, 'backing service', null)),
      ],
    };
  }

  #processState(server: Server, kind: ProcessState['kind'], adminPort: number | null): ProcessState {
    const identity = server.pid === undefined ? null : (identify(server.pid) ?? null);
    const { name, port } = server;
    return { name, kind, identity, port, adminPort, restarts: this.#restarts.countOf(name) };
  }
}

function ownLine(level: 'info' | 'warn', message: string): string {
  return JSON.stringify({ timestamp: new Date().toISOString(), level, message });
}
