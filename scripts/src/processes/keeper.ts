import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Writable } from 'node:stream';
import { join } from 'node:path';

/**
 * A small process beside ours that outlives us by a moment: however we end, SIGKILL included, it stops the
 * processes under its guard in the reverse order of their start and removes the folders given to it.
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
    // The keeper may be killed by somebody else; that must not end us.
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
