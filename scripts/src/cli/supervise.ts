import { once } from 'node:events';
import { BackgroundOrder, type BackgroundReport } from '../supervisor/background.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { stopOnSignals } from '../supervisor/stop-on-signals.ts';
import { print } from '../console/print.ts';
import type { Step } from '../console/steps.ts';

/** The supervisor of `--detach`; started by `up` and `infra`, not by people. */
export async function main(): Promise<void> {
  const [order] = await once(process, 'message');
  const { command, sources } = BackgroundOrder.parse(order);
  const supervisor = await Supervisor.create({
    command,
    sources,
    env: process.env,
    onLine: (name, line) => {
      if (name === 'laurel') print(line);
    },
  });
  const stopped = stopOnSignals(supervisor);
  if (!(await startAll(supervisor.startSteps()))) {
    process.exitCode = 1;
    await supervisor.stop();
    return;
  }
  await supervisor.watch();
  report({ ready: true });
  await stopped;
}

async function startAll(groups: Step[][]): Promise<boolean> {
  report({ plan: groups.map((steps) => steps.map((step) => step.title)) });
  let failed = false;
  for (const steps of groups) {
    const results = steps.map(async ({ title, run }) => {
      try {
        const result = await run(() => {});
        report({ done: title, ...(result === undefined ? {} : { result }) });
      } catch (error) {
        // What is stopped because of the first failure fails too, and is not its reason.
        if (!failed)
          report({ failed: title, reason: error instanceof Error ? error.message : String(error) });
        failed = true;
        throw error;
      }
    });
    try {
      await Promise.all(results);
    } catch {
      return false;
    }
  }
  return true;
}

// Whoever started us may be gone already, which is no reason to stop.
function report(message: BackgroundReport): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}
