import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Keeper } from '../processes/keeper.ts';
import { ManagedProcess, type ProcessSpec } from '../processes/managed-process.ts';
import type { Counts, Outcome } from './tally.ts';

export interface CountedRun {
  /** @param report the file for its report, as JSON */
  spec: (report: string) => ProcessSpec;
  count: (report: unknown, exitCode: number) => Counts;
  /** Ends the run and its children when this process ends. */
  keeper: Keeper;
  /** A run that takes longer is killed. */
  limitMs: number;
}

/** Runs a program to its end and counts the results in its report. Without a report it has failed. */
export async function runCounted({ spec, count, keeper, limitMs }: CountedRun): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'laurel-report-'));
  keeper.removeAtEnd(directory);
  const report = join(directory, 'report.json');
  const lines: string[] = [];
  try {
    const child = await ManagedProcess.spawn(spec(report), (line) => lines.push(line));
    keeper.guard(child.pid);
    const timer = setTimeout(() => {
      lines.push(`It was killed, because it took longer than ${limitMs / 1000} s.`);
      void child.kill();
    }, limitMs);
    const { code } = await child.exited;
    clearTimeout(timer);
    keeper.release(child.pid);
    const output = lines.join('\n');
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) return { passed: 0, failed: 1, output };
    return { ...count(JSON.parse(text), code ?? 1), output };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
