import type { Keeper } from './keeper.ts';
import { type Exit, type LineSink, ManagedProcess, type ProcessSpec } from './managed-process.ts';

const TAIL_SHOWN = 25;

/** How to start a server, and how to see that it is ready. */
export interface ServerDefinition {
  /** Unique in its system: `mongodb`, `auth-service`, `auth-service-2`. */
  name: string;
  /** The port that others use. */
  port: number;
  spec(): Promise<ProcessSpec>;
  /** Resolves when the server works; rejects when it never will. */
  waitUntilReady(signal: AbortSignal): Promise<void>;
  stopGraceMs: number;
  /** Kills what is outside of our process group, such as a container. */
  killOutside?(): Promise<void>;
  /** Called after a stop that was asked for. */
  cleanUp?(): Promise<void>;
}

export interface ServerSurroundings {
  keeper: Keeper;
  onLine(server: string, line: string): void;
  /** It ended, and no stop was asked for. */
  onUnexpectedExit?(server: Server, exit: Exit): void;
}

/** One process of a system. It can be started, stopped, killed and started again, with the same port and data. */
export class Server {
  readonly definition: ServerDefinition;
  readonly #surroundings: ServerSurroundings;
  #process: ManagedProcess | undefined;
  #ending: Promise<unknown> | undefined;
  #starting = false;
  ready = false;

  constructor(definition: ServerDefinition, surroundings: ServerSurroundings) {
    this.definition = definition;
    this.#surroundings = surroundings;
  }

  get name(): string {
    return this.definition.name;
  }

  get port(): number {
    return this.definition.port;
  }

  get pid(): number | undefined {
    return this.#process?.running === true ? this.#process.pid : undefined;
  }

  get tail(): readonly string[] {
    return this.#process?.tail ?? [];
  }

  /** Starts it and waits until it is ready. An earlier end is an error of this call, not an unexpected exit. */
  async start(): Promise<void> {
    this.#starting = true;
    try {
      await this.#startAndWait();
    } finally {
      this.#starting = false;
    }
  }

  /** Starts it without waiting. */
  async launch(): Promise<ManagedProcess> {
    if (this.#process?.running === true) throw new Error(`${this.name} is running already`);
    this.#ending = undefined;
    const onLine: LineSink = (line) => this.#surroundings.onLine(this.name, line);
    const child = await ManagedProcess.spawn(await this.definition.spec(), onLine);
    this.#process = child;
    this.#surroundings.keeper.guard(child.pid);
    void child.exited.then((exit) => this.#afterExit(child, exit));
    return child;
  }

  /** SIGTERM, the grace period, SIGKILL. */
  async stop(): Promise<void> {
    await this.#end((child) => child.stop(this.definition.stopGraceMs));
    await this.definition.cleanUp?.();
  }

  /** SIGKILL at once. */
  async kill(): Promise<void> {
    await this.#end(async (child) => {
      await this.definition.killOutside?.();
      return child.kill();
    });
  }

  /** Sends a signal and waits for the exit, which then is not unexpected. */
  async signalAndWait(signal: NodeJS.Signals): Promise<Exit | undefined> {
    const child = this.#process;
    if (child === undefined) return undefined;
    this.#ending = child.exited;
    child.signal(signal);
    return child.exited;
  }

  async #startAndWait(): Promise<void> {
    const child = await this.launch();
    const failed = new AbortController();
    void child.exited.then((exit) => failed.abort(new StartError(this.name, exit, child.tail)));
    try {
      await this.definition.waitUntilReady(failed.signal);
      failed.signal.throwIfAborted();
      this.ready = true;
    } catch (error) {
      if (child.running) await this.stop();
      throw error instanceof StartError ? error : new StartError(this.name, undefined, child.tail, error);
    }
  }

  async #end(how: (child: ManagedProcess) => Promise<Exit>): Promise<void> {
    const child = this.#process;
    this.ready = false;
    if (child === undefined) return;
    this.#ending ??= child.exited;
    await how(child);
  }

  #afterExit(child: ManagedProcess, exit: Exit): void {
    this.ready = false;
    this.#surroundings.keeper.release(child.pid);
    if (this.#ending === undefined && !this.#starting) this.#surroundings.onUnexpectedExit?.(this, exit);
  }
}

/** A server that did not start, with its last lines. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly server: string;
  readonly exit: Exit | undefined;

  constructor(server: string, exit: Exit | undefined, tail: readonly string[], cause?: unknown) {
    const how =
      exit === undefined
        ? cause instanceof Error
          ? `: ${cause.message}`
          : ''
        : ` and ended with ${exit.signal ?? `exit code ${exit.code}`}`;
    const words =
      tail.length > 0
        ? `\nIts last lines:\n${tail
            .slice(-TAIL_SHOWN)
            .map((line) => `  ${line}`)
            .join('\n')}`
        : '';
    super(`${server} did not become ready${how}.${words}`, { cause });
    this.server = server;
    this.exit = exit;
  }
}
