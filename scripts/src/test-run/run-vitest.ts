import type { Keeper } from '../processes/keeper.ts';
import { packageDirectory, type PackageName } from '../repository/packages.ts';
import { runCounted } from './run-counted.ts';
import type { Outcome } from './tally.ts';
import { countReport } from './vitest-report.ts';

export interface VitestRun {
  package: PackageName;
  project: 'unit' | 'integration';
  env: NodeJS.ProcessEnv;
  /** Ends the run and its children when this process ends. */
  keeper: Keeper;
  /** A run that takes longer is killed. */
  limitMs: number;
}

/** Runs one of a package's two vitest projects by its npm script and counts the tests. */
export function runVitest({ package: name, project, env, keeper, limitMs }: VitestRun): Promise<Outcome> {
  const reporters = ['--passWithNoTests', '--reporter=default', '--reporter=json'];
  return runCounted({
    spec: (report) => ({
      command: 'npm',
      args: ['run', '--silent', `test:${project}`, '--', ...reporters, `--outputFile.json=${report}`],
      cwd: packageDirectory(name),
      env: { ...env, NO_COLOR: '1', FORCE_COLOR: undefined },
    }),
    count: countReport,
    keeper,
    limitMs,
  });
}
