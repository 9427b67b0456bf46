import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Keeper } from '../processes/keeper.ts';
import { ManagedProcess } from '../processes/managed-process.ts';
import { packageDirectory, type PackageName } from '../repository/packages.ts';
import type { Outcome } from './tally.ts';
import { countReport } from './vitest-report.ts';

export interface VitestRun {
  package: PackageName;
  project: 'unit' | 'integration';
  env: NodeJS.ProcessEnv;
  /** Ends the run, and whatever its tests started, when we end. */
  keeper: Keeper;
  /** Beyond this something hangs. */
  limitMs: number;
}

/** Runs one of a package's two vitest projects by its npm script and counts the tests. */
export async function runVitest({
  package: name,
  project,
  env,
  keeper,
  limitMs,
}: VitestRun): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'laurel-vitest-'));
  keeper.removeAtEnd(directory);
  const report = join(directory, 'report.json');
  const options = [
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const lines: string[] = [];
  try {
    const child = await ManagedProcess.spawn(
      {
        command: 'npm',
        args: ['run', '--silent', `test:${project}`, '--', ...options],
        cwd: packageDirectory(name),
        env: { ...env, NO_COLOR: '1', FORCE_COLOR: undefined },
      },
      (line) => lines.push(line),
    );
    keeper.guard(child.pid);
    const timer = setTimeout(() => {
      lines.push(`It was ended, because it took longer than ${limitMs / 1000} s.`);
      void child.kill();
    }, limitMs);
    const { code } = await child.exited;
    clearTimeout(timer);
    keeper.release(child.pid);
    const output = lines.join('\n');
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) return { passed: 0, failed: 1, output };
    return { ...countReport(JSON.parse(text), code ?? 1), output };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
