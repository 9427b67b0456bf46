import { UserError } from '../console/user-error.ts';
import type {
  Benchmark,
  BenchmarkOptions,
  Candidate,
  Figures,
  Measured,
  Plan,
  PreparedBenchmark,
} from './benchmark.ts';
import { cpuSince, cpuTimes } from './cpu-time.ts';

export interface RunOptions extends BenchmarkOptions {
  /** Part of the names of the candidates that are measured. Default: all candidates. */
  only?: string;
}

/**
 * Measures the candidates in turn, round by round (A B A B …), after a warm-up of each, so that a machine that
 * grows slower meanwhile slows them all. Beside a candidate's own figures each round has the CPU seconds that
 * every process used.
 *
 * @throws {UserError} when no candidate's name has it
 */
export async function runBenchmark(
  benchmark: Benchmark,
  plan: Plan,
  say: (line: string) => void,
  { only = '', ...options }: RunOptions = {},
): Promise<Measured[]> {
  say(`Starting what ${benchmark.name} needs …`);
  const prepared = await benchmark.prepare(options);
  try {
    const candidates = prepared.candidates.filter(({ name }) => name.includes(only));
    if (candidates.length === 0) {
      const names = prepared.candidates.map(({ name }) => name).join('; ');
      throw new UserError(`No candidate of ${benchmark.name} has “${only}” in its name. They are: ${names}.`);
    }
    for (const candidate of candidates) {
      if (plan.warmUpMs === 0) break;
      say(`Warming up: ${candidate.name}`);
      const round = await candidate.prepare(plan.warmUpMs);
      await round();
    }
    const measured = candidates.map(({ name }): Measured => ({ candidate: name, rounds: [] }));
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const [index, candidate] of candidates.entries()) {
        say(`Round ${round} of ${plan.rounds}: ${candidate.name}`);
        measured[index]?.rounds.push(await measure(prepared, candidate, plan.roundMs));
      }
    }
    await prepared.verify();
    return measured;
  } finally {
    await prepared.stop();
  }
}

async function measure(
  { processes }: PreparedBenchmark,
  candidate: Candidate,
  durationMs: number,
): Promise<Figures> {
  const round = await candidate.prepare(durationMs);
  const before = await cpuTimes(processes);
  const figures = await round();
  const used = cpuSince(before, await cpuTimes(processes));
  const cpu = Object.fromEntries(Object.entries(used).map(([name, seconds]) => [`cpu s ${name}`, seconds]));
  return { ...figures, ...cpu };
}
