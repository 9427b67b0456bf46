import type { Sources } from '../backing-services/sources.ts';
import { print, printError } from '../console/print.ts';
import { type PrintLine, runSteps } from '../console/steps.ts';
import { UserError } from '../console/user-error.ts';
import { dataDirectory, serviceNames } from '../repository/packages.ts';
import { inBackground, reportReady, startInBackground } from './background.ts';
import { readableLine } from './log-view.ts';
import { runningState, type SystemState } from './state-file.ts';
import { Supervisor } from './supervisor.ts';

export interface RunOptions {
  command: 'up' | 'infra';
  detach: boolean;
  /** Finds or makes what has to be there before anything starts. */
  prepare: () => Promise<Sources>;
  /** For progress; standard output unless it is kept for something else. */
  printLine?: PrintLine;
  /** When everything is ready. */
  onReady: (state: SystemState) => Promise<void>;
}

/** Starts the system and stays with it until it is stopped; with `detach`, leaves it to a process in the background. */
export async function runSupervised(options: RunOptions): Promise<void> {
  const { command, detach, prepare, onReady, printLine = print } = options;
  if (detach) {
    await startInBackground(command, printLine);
    return onReady(await mustBeRunning());
  }
  let showLines = false;
  const supervisor = await Supervisor.create({
    command,
    sources: await prepare(),
    env: process.env,
    onLine: (name, line) => {
      if (inBackground() ? name === 'laurel' : showLines && isWorthShowing(name))
        print(inBackground() ? line : readableLine(name, line));
    },
  });
  let stopping = false;
  const stopped = stopOnSignals(supervisor, () => {
    stopping = true;
    printError('\nStopping everything that was started here …');
  });
  try {
    for (const steps of supervisor.startSteps()) await runSteps(steps, printLine);
    await supervisor.watch();
    if (inBackground()) reportReady();
    else await onReady(await mustBeRunning());
  } catch (error) {
    // A Ctrl-C during the start makes the steps fail, and is not an error.
    if (!stopping) {
      await supervisor.stop();
      throw error;
    }
  }
  showLines = true;
  await stopped;
  print('Stopped.');
}

/** What is running in this checkout already, told in one sentence. */
export async function whatIsRunning(): Promise<{ state: SystemState; sentence: string } | undefined> {
  const state = await runningState(dataDirectory());
  if (state === undefined) return undefined;
  const { command, supervisor, url } = state;
  const where = url === null ? '' : `, at ${url}`;
  const sentence = `./scripts/${command} is running here already (pid ${supervisor.pid}${where}); ./scripts/status shows it, ./scripts/down stops it.`;
  return { state, sentence };
}

async function mustBeRunning(): Promise<SystemState> {
  const state = await runningState(dataDirectory());
  if (state === undefined)
    throw new UserError('It was stopped as soon as it had started; .data/logs/ says more.');
  return state;
}

/** The first signal stops everything in order, the second one at once. Resolves when it is done. */
function stopOnSignals(supervisor: Supervisor, onFirst: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    if (signals > 1) void supervisor.kill();
    else {
      onFirst();
      supervisor.stop().then(resolve, reject);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return promise;
}

// The lines of the backing services are in .data/logs/ only.
function isWorthShowing(name: string): boolean {
  return name === 'laurel' || serviceNames.some((service) => name.startsWith(service));
}
