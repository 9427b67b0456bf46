import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../console/user-error.ts';
import type { PrintLine } from '../console/steps.ts';
import { dataDirectory, packageDirectory } from '../repository/packages.ts';
import { LogFiles } from './log-files.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LOOK_EVERY_MS = 50;

/** Set for the process that runs the system after `--detach`: it prints into a file and reports to its parent. */
const BACKGROUND = 'LAUREL_BACKGROUND';
export const inBackground = (): boolean => process.env[BACKGROUND] === '1';

/**
 * Runs the same command as a session of its own, shows what it prints until everything is ready, and lets go of it.
 *
 * @throws {UserError} when it ends before that; what it printed says why
 */
export async function startInBackground(command: 'up' | 'infra', printLine: PrintLine): Promise<void> {
  const log = join(new LogFiles(dataDirectory()).directory, 'supervisor.log');
  const file = openSync(log, 'a', 0o600);
  let shown = readFileSync(log).length;
  const child = fork(join(packageDirectory('scripts'), 'src', 'run.ts'), [command], {
    detached: true,
    stdio: ['ignore', file, file, 'ipc'],
    env: { ...process.env, [BACKGROUND]: '1' },
  });
  closeSync(file);
  const show = () => {
    const news = readFileSync(log).subarray(shown);
    const whole = news.subarray(0, news.lastIndexOf(0x0a) + 1);
    shown += whole.length;
    for (const line of whole.toString().split('\n').slice(0, -1)) printLine(line);
  };
  const stop = () => child.kill('SIGTERM');
  for (const signal of SIGNALS) process.once(signal, stop);
  const looking = setInterval(show, LOOK_EVERY_MS);
  const isReady = await readyOrEnded(child);
  clearInterval(looking);
  show();
  for (const signal of SIGNALS) process.removeListener(signal, stop);
  if (!isReady) throw new UserError('Not everything could be started.');
  child.disconnect();
  child.unref();
}

/** Tells the parent that everything is ready. It may be gone already, which is no reason to stop. */
export function reportReady(): void {
  if (process.connected) process.send?.('ready', undefined, {}, () => {});
}

async function readyOrEnded(child: ChildProcess): Promise<boolean> {
  const ready = once(child, 'message').then(() => true);
  return Promise.race([ready, once(child, 'exit').then(() => false)]);
}
