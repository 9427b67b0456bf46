import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Sources } from '../backing-services/sources.ts';
import { UserError } from '../console/user-error.ts';
import { type PrintLine, runSteps, type Step } from '../console/steps.ts';
import { dataDirectory, packageDirectory } from '../repository/packages.ts';

/** What a detached supervisor is told when it is born. */
export const BackgroundOrder = z.object({ command: z.enum(['up', 'infra']), sources: Sources });
export type BackgroundOrder = z.infer<typeof BackgroundOrder>;

/** What it answers while it starts. */
const BackgroundReport = z.union([
  z.object({ plan: z.array(z.array(z.string())) }),
  z.object({ done: z.string(), result: z.string().optional() }),
  z.object({ failed: z.string(), reason: z.string() }),
  z.object({ ready: z.literal(true) }),
]);
export type BackgroundReport = z.infer<typeof BackgroundReport>;

/** Starts a supervisor in a session of its own, shows its start, and lets go of it once everything is ready. */
export async function startInBackground(order: BackgroundOrder, printLine: PrintLine): Promise<void> {
  const child = spawnSupervisor(order);
  const stop = () => child.kill('SIGTERM');
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, stop);
  const reports = new Reports(child);
  for (const titles of await reports.plan)
    await runSteps(
      titles.map((title) => reports.step(title)),
      printLine,
    );
  await reports.ready;
  for (const signal of signals) process.removeListener(signal, stop);
  child.disconnect();
  child.unref();
}

function spawnSupervisor(order: BackgroundOrder): ChildProcess {
  const logs = join(dataDirectory(), 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = openSync(join(logs, 'supervisor.log'), 'a', 0o600);
  const child = fork(join(packageDirectory('scripts'), 'src', 'run.ts'), ['supervise'], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  // Not as an argument: it may hold passwords.
  child.send(order);
  return child;
}

/** The supervisor's reports, as promises to wait for. */
class Reports {
  readonly plan: Promise<string[][]>;
  readonly ready: Promise<void>;
  readonly #steps = new Map<string, PromiseWithResolvers<string | undefined>>();
  readonly #failure = Promise.withResolvers<never>();
  readonly #onExit = () =>
    this.#failure.reject(
      new UserError(
        'It ended before everything was ready; logs/supervisor.log in the data directory may say why.',
      ),
    );

  constructor(child: ChildProcess) {
    const plan = Promise.withResolvers<string[][]>();
    const ready = Promise.withResolvers<void>();
    // Each of them is raced below; what nobody waits for any more must not end the process.
    this.#failure.promise.catch(() => {});
    child.on('message', (message) => {
      const report = BackgroundReport.parse(message);
      if ('plan' in report) plan.resolve(report.plan);
      else if ('done' in report) this.#of(report.done).resolve(report.result);
      else if ('failed' in report) this.#fail(child, report.failed, new UserError(report.reason));
      else ready.resolve();
    });
    child.once('exit', this.#onExit);
    this.plan = this.#orFailure(plan.promise);
    this.ready = this.#orFailure(ready.promise);
    this.ready.catch(() => {});
  }

  step(title: string): Step {
    return { title, run: () => this.#orFailure(this.#of(title).promise) };
  }

  // The step that failed is told; what was under way beside it is neither done nor wrong.
  #fail(child: ChildProcess, title: string, error: UserError): void {
    child.removeListener('exit', this.#onExit);
    this.#of(title).reject(error);
  }

  #orFailure<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failure.promise]);
  }

  #of(title: string): PromiseWithResolvers<string | undefined> {
    const known = this.#steps.get(title) ?? Promise.withResolvers<string | undefined>();
    this.#steps.set(title, known);
    return known;
  }
}
