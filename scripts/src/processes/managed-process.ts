import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessSpec {
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export type LineSink = (line: string) => void;

const TAIL_LINES = 30;

/**
 * A long-running child in its own process group: Ctrl-C in the terminal reaches only this process, and one signal
 * reaches the children of the child too.
 */
export class ManagedProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #tail: string[] = [];
  #exit: Exit | undefined;

  private constructor(child: ChildProcess, pid: number, onLine: LineSink) {
    this.#child = child;
    this.pid = pid;
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    const closed = Promise.all(streams.map((stream) => this.#read(stream, onLine)));
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        // The last lines may still be in the pipe, but a grandchild may hold the pipe open.
        void Promise.race([closed, delay(500, undefined, { ref: false })]).then(() =>
          resolve({ code, signal }),
        );
      });
    });
  }

  static async spawn(spec: ProcessSpec, onLine: LineSink): Promise<ManagedProcess> {
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    if (child.pid === undefined) throw new Error(`${spec.command} did not start`);
    return new ManagedProcess(child, child.pid, onLine);
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** The last lines that it wrote. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  /** Sends SIGTERM, and SIGKILL after the grace period. */
  async stop(graceMs: number): Promise<Exit> {
    if (this.running) this.#child.kill('SIGTERM');
    const patience = new AbortController();
    const tooLong = delay(graceMs, 'too long' as const, { signal: patience.signal }).catch(() => undefined);
    const first = await Promise.race([this.exited, tooLong]);
    patience.abort();
    // Ends also its children that are left.
    signalGroup(this.pid, 'SIGKILL');
    return first === 'too long' || first === undefined ? this.exited : first;
  }

  /** Sends SIGKILL to the whole group, like a crash of the machine. */
  async kill(): Promise<Exit> {
    signalGroup(this.pid, 'SIGKILL');
    return this.exited;
  }

  /** Sends a signal to the process alone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Reads chunks: under load there are thousands of lines a second, and `readline` would cost more than the rest. */
  async #read(stream: Readable, onLine: LineSink): Promise<void> {
    let rest = '';
    for await (const chunk of stream.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      this.#keep(lines, onLine);
    }
    if (rest !== '') this.#keep([rest], onLine);
  }

  #keep(lines: string[], onLine: LineSink): void {
    this.#tail.push(...lines.slice(-TAIL_LINES));
    this.#tail.splice(0, this.#tail.length - TAIL_LINES);
    for (const line of lines) onLine(line);
  }
}

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}
