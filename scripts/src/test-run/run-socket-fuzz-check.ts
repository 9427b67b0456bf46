import { join } from 'node:path';
import type { Keeper } from '../processes/keeper.ts';
import { packageDirectory } from '../repository/packages.ts';
import { runCounted } from './run-counted.ts';
import { countSocketVerdicts } from './socket-fuzz-verdicts.ts';
import type { Outcome } from './tally.ts';

/** Always the same sequences: a change that fails is to be blamed, not its luck. */
export const SOCKET_FUZZ_SEED = 23;

/** Runs `scripts/check --fuzz-sockets` for a minute, as a process of its own, and counts the rules it holds the system to. */
export function runSocketFuzzCheck(keeper: Keeper, limitMs: number): Promise<Outcome> {
  const directory = packageDirectory('scripts');
  const program = join(directory, 'src', 'run.ts');
  const options = ['--minutes', '1', '--sequences', '1000000', '--seed', String(SOCKET_FUZZ_SEED)];
  return runCounted({
    spec: (report) => ({
      command: process.execPath,
      args: [program, 'check', '--fuzz-sockets', ...options, '--json', report],
      cwd: directory,
      env: process.env,
    }),
    count: countSocketVerdicts,
    keeper,
    limitMs,
  });
}
