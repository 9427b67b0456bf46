import { mkdtemp } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisAnswers, redisServer } from '../../backing-services/redis-server.ts';
import { findSource } from '../../backing-services/sources.ts';
import { UserError } from '../../console/user-error.ts';
import { findExecutable } from '../../processes/find-executable.ts';
import { Keeper } from '../../processes/keeper.ts';
import { ManagedProcess } from '../../processes/managed-process.ts';
import { freePort } from '../../processes/ports.ts';
import { runCommand } from '../../processes/run-command.ts';
import { waitUntil } from '../../processes/wait-until.ts';
import { bareEnvironment } from '../../system/private-system.ts';

/** How one proxy is started. */
export interface ProxyProgram {
  command: string;
  args: string[];
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

const PROXY_CORE = '0';
const LOAD_CORE = '1';
const STOP_GRACE_MS = 10_000;

/** Runs proxies on one core, and their upstream and the load on another. */
export class ProxyStage {
  readonly directory: string;
  readonly #keeper: Keeper;
  readonly #taskset: string | undefined;
  readonly #processes: ManagedProcess[] = [];

  private constructor(directory: string, keeper: Keeper, taskset: string | undefined) {
    this.directory = directory;
    this.#keeper = keeper;
    this.#taskset = taskset;
  }

  static async start(): Promise<ProxyStage> {
    const directory = await mkdtemp(join(tmpdir(), 'laurel-proxies-'));
    const keeper = Keeper.start();
    keeper.removeAtEnd(directory);
    const taskset = availableParallelism() > 1 ? await findExecutable('taskset') : undefined;
    // Processes that we start from here on inherit it.
    if (taskset) await runCommand(taskset, ['-a', '-c', '-p', LOAD_CORE, String(process.pid)]);
    return new ProxyStage(directory, keeper, taskset);
  }

  get isPinned(): boolean {
    return this.#taskset !== undefined;
  }

  /** Starts it on the core of the load. */
  async startUpstream(program: string, args: string[] = []): Promise<{ port: number; pid: number }> {
    const port = await freePort();
    const { pid } = await this.#spawn([process.execPath, program, String(port), ...args], {
      cwd: this.directory,
    });
    await answers(port, '/healthz');
    return { port, pid };
  }

  /** Starts one on the core of the load, and gives its URL. */
  async startRedis(): Promise<{ url: string; pid: number }> {
    const source = await findSource('redis', { useUrls: false });
    if (source.kind !== 'binary')
      throw new UserError('This needs a redis-server on PATH, not in a container.');
    const port = await freePort();
    const directory = join(this.directory, 'redis');
    const server = redisServer({ binary: source.path, directory, port, keepData: false });
    const { command, args, ...where } = await server.spec();
    const { pid } = await this.#spawn([command, ...args], where);
    await redisAnswers(port, '127.0.0.1');
    return { url: `redis://127.0.0.1:${port}`, pid };
  }

  /** Starts it on the core of the proxies and discards its log. */
  async startProxy({ command, args, cwd, env }: ProxyProgram, port: number): Promise<number> {
    const pin = this.#taskset ? [this.#taskset, '-c', PROXY_CORE] : [];
    const words = [...pin, 'sh', '-c', 'exec "$@" > /dev/null', 'sh', command, ...args];
    const { pid } = await this.#spawn(words, { cwd, ...(env && { env }) });
    await answers(port, '/healthz');
    return pid;
  }

  async stopProxy(pid: number): Promise<void> {
    await this.#processes.find((child) => child.pid === pid)?.stop(STOP_GRACE_MS);
  }

  async stop(): Promise<void> {
    for (const child of this.#processes.toReversed()) await child.stop(STOP_GRACE_MS);
    await this.#keeper.end();
  }

  async #spawn(
    words: string[],
    { cwd, env = {} }: { cwd: string; env?: NodeJS.ProcessEnv },
  ): Promise<ManagedProcess> {
    const [command = '', ...args] = words;
    const spec = { command, args, cwd, env: { ...bareEnvironment(), ...env } };
    const child = await ManagedProcess.spawn(spec, () => {});
    this.#keeper.guard(child.pid);
    this.#processes.push(child);
    return child;
  }
}

/** Waits for any answer. */
async function answers(port: number, path: string): Promise<void> {
  const probe = async (): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) });
    await answer.arrayBuffer();
    return answer.status > 0;
  };
  await waitUntil(probe, { limitMs: 30_000, what: `port ${port}` });
}
