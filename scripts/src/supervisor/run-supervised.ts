import { print, printError } from '../console/print.ts';
import { type PrintLine, runSteps } from '../console/steps.ts';
import { UserError } from '../console/user-error.ts';
import type { Sources } from '../backing-services/sources.ts';
import { dataDirectory, serviceNames } from '../repository/packages.ts';
import { startInBackground } from './background.ts';
import { readableLine } from './log-view.ts';
import { runningState, type SystemState } from './state-file.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { Supervisor } from './supervisor.ts';

export interface RunOptions {
  command: 'up' | 'infra';
  detach: boolean;
  sources: Sources;
  /** For progress; standard output unless it is kept for something else. */
  printLine?: PrintLine;
  /** When everything is ready. */
  onReady: (state: SystemState) => Promise<void>;
}

/** Starts the system and stays with it until it is stopped; with `detach`, leaves it to a supervisor of its own. */
export async function runSupervised({
  command,
  detach,
  sources,
  onReady,
  printLine = print,
}: RunOptions): Promise<void> {
  if (detach) {
    await startInBackground({ command, sources }, printLine);
    await onReady(await mustBeRunning());
    return;
  }
  let showLines = false;
  const supervisor = await Supervisor.create({
    command,
    sources,
    env: process.env,
    onLine: (name, line) => {
      if (showLines && isWorthShowing(name)) print(readableLine(name, line));
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
    await onReady(await mustBeRunning());
  } catch (error) {
    // A Ctrl-C in the middle of the start makes the steps fail, and is not an error.
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

// The backing services' own chatter is in .data/logs/.
function isWorthShowing(name: string): boolean {
  return name === 'laurel' || serviceNames.some((service) => name.startsWith(service));
}
