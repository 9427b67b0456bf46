import { join } from 'node:path';
import type { Keeper } from '../processes/keeper.ts';
import { packageDirectory } from '../repository/packages.ts';
import { countVerdicts } from './chaos-verdicts.ts';
import { runCounted } from './run-counted.ts';
import type { Outcome } from './tally.ts';

/** Always the same faults: a change that fails is to be blamed, not its luck. */
export const CHAOS_SEED = 23;

/** Runs `scripts/chaos` for a minute, as a process of its own, and counts the rules it holds the system to. */
export function runChaosCheck(keeper: Keeper, limitMs: number): Promise<Outcome> {
  const directory = packageDirectory('scripts');
  return runCounted({
    spec: (report) => ({
      command: process.execPath,
      args: [
        join(directory, 'src', 'run.ts'),
        'chaos',
        '--quick',
        '--seed',
        String(CHAOS_SEED),
        '--json',
        report,
      ],
      cwd: directory,
      env: process.env,
    }),
    count: countVerdicts,
    keeper,
    limitMs,
  });
}
