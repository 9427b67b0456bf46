import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageDirectory } from '../../repository/packages.ts';
import { bareEnvironment, type PrivateBackingServices } from '../../system/private-system.ts';

type Answer = { id: number } & ({ result?: unknown } | { error: string });

interface Pending {
  operation: string;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/** Characters of what a program that died wrote last. */
const TAIL_SHOWN = 4_000;

/**
 * A measured program of service-kit (`service-kit/bench/NAME.ts`) in a process of its own. It is asked for its
 * operations; what it gives back is the program's and this benchmark's agreement.
 */
export class KitProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    let tail = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-TAIL_SHOWN)));
    child.on('message', (answer: Answer) => this.#settle(answer));
    child.once('exit', (code) => {
      for (const { operation, reject } of this.#pending.values())
        reject(new Error(`${name} ended with exit code ${code} in ${operation}\n${tail}`));
    });
  }

  static async start(program: string, backing: PrivateBackingServices): Promise<KitProcess> {
    const { mongodb, rabbitmq } = backing.services;
    const child = fork(join(packageDirectory('service-kit'), 'bench', `${program}.ts`), {
      serialization: 'advanced',
      // Its CPU time is told by its process group.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...bareEnvironment(), MONGODB_URL: mongodb.url, RABBITMQ_URL: rabbitmq.url },
    });
    await once(child, 'spawn');
    if (child.pid !== undefined) backing.surroundings.keeper.guard(child.pid);
    return new KitProcess(`kit ${program}`, child);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @throws with the stack of the program's own error */
  call<Result = void>(operation: string, input: object = {}): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = this.#calls++;
    this.#pending.set(id, { operation, resolve, reject });
    this.#child.send({ id, operation, input });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see the class
    return promise as Promise<Result>;
  }

  /** It ends by itself when nobody can ask it any more. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('error' in answer) pending?.reject(new Error(`${this.name}, ${pending.operation}: ${answer.error}`));
    else pending?.resolve(answer.result);
  }
}
