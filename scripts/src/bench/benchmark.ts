import type { MeasuredProcess } from './cpu-time.ts';

/** One way of doing the same work; the candidates of a benchmark are measured against each other. */
export interface Candidate {
  name: string;
  /** Prepares one round of this length, outside the measured time. */
  prepare(durationMs: number): Promise<Round>;
}

/** One round. Figures are named with their unit, for example `granted/s` or `p99 ms`. */
export type Round = () => Promise<Figures>;

export type Figures = Record<string, number>;

export interface Measured {
  candidate: string;
  /** One for each round, in order. */
  rounds: Figures[];
}

export interface PreparedBenchmark {
  /** The report has the CPU time of these. */
  processes: readonly MeasuredProcess[];
  candidates: readonly Candidate[];
  /** @throws when the work was not right, for example when a claim was not granted once */
  verify(): Promise<void>;
  stop(): Promise<void>;
}

export interface Benchmark {
  name: string;
  summary: string;
  plans: Plans;
  /** Whether it can measure the build of another checkout beside this one. */
  canCompare?: true;
  prepare(options: BenchmarkOptions): Promise<PreparedBenchmark>;
  /** Compares the figures, in a line each. */
  conclude?(measured: readonly Measured[]): string[];
}

export interface BenchmarkOptions {
  /** The other checkout. */
  against?: string;
}

export interface Plan {
  rounds: number;
  roundMs: number;
  /** 0 for none. */
  warmUpMs: number;
}

export interface Plans {
  /** For `--quick`. */
  quick: Plan;
  thorough: Plan;
}

export const usualPlans: Plans = {
  quick: { rounds: 3, roundMs: 4_000, warmUpMs: 4_000 },
  thorough: { rounds: 5, roundMs: 15_000, warmUpMs: 10_000 },
};
