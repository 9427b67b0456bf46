import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Writable } from 'node:stream';
import { join } from 'node:path';

/**
 * A small process that outlives this one by a moment. If this process ends in any way, also by SIGKILL, the keeper
 * stops the guarded processes, the last one first. Then it removes the folders given to it.
 */
export class Keeper {
  readonly #child: ChildProcessByStdio<Writable, null, null>;

  private constructor(child: ChildProcessByStdio<Writable, null, null>) {
    this.#child = child;
  }

  static start(): Keeper {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'keep.ts')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // If the keeper is killed, this process goes on.
    child.on('error', () => {});
    child.stdin.on('error', () => {});
    child.unref();
    return new Keeper(child);
  }

  guard(pid: number): void {
    this.#send('guard', pid);
  }

  release(pid: number): void {
    this.#send('release', pid);
  }

  removeAtEnd(directory: string): void {
    this.#send('remove', directory);
  }

  /** Lets the keeper finish: it stops what is still guarded, removes the folders and ends. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.ref();
    this.#child.stdin.end();
    await gone;
  }

  #send(word: 'guard' | 'release' | 'remove', what: number | string): void {
    this.#child.stdin.write(`${word} ${what}\n`);
  }
}
