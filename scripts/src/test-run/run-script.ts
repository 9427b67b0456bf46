import { join } from 'node:path';
import type { Keeper } from '../processes/keeper.ts';
import { packageDirectory } from '../repository/packages.ts';
import { countChaosVerdicts, countSocketVerdicts } from './count-verdicts.ts';
import { type CountedRun, runCounted } from './run-counted.ts';
import type { Job } from './tally.ts';

/** Always the same faults and sequences, so that only a change of the code can make a run fail. */
const SEED = 23;
const LIMIT_MS = 7 * 60_000;

/** A minute of `scripts/check --fuzz-sockets` and one of `scripts/chaos`, each as a process of its own. */
export function faultJobs(keeper: Keeper): Job[] {
  const minute = ['--minutes', '1', '--sequences', '1000000'];
  return [
    scriptJob(
      keeper,
      'sockets: a minute of fuzzed connections',
      ['check', '--fuzz-sockets', ...minute],
      countSocketVerdicts,
    ),
    scriptJob(keeper, 'chaos: a minute of faults', ['chaos', '--quick'], countChaosVerdicts),
  ];
}

function scriptJob(keeper: Keeper, title: string, args: string[], count: CountedRun['count']): Job {
  const cwd = packageDirectory('scripts');
  const program = join(cwd, 'src', 'run.ts');
  return {
    title: `${title} with seed ${SEED}`,
    run: () =>
      runCounted({
        spec: (report) => ({
          command: process.execPath,
          args: [program, ...args, '--seed', String(SEED), '--json', report],
          cwd,
          env: process.env,
        }),
        count,
        keeper,
        limitMs: LIMIT_MS,
      }),
  };
}
