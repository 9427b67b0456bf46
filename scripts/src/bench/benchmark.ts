import type { LaurelSystem } from '../system/laurel-system.ts';

/** One way of doing the same work; the candidates of a benchmark are measured against each other. */
export interface Candidate {
  name: string;
  /** Makes ready for one round of this length; not measured. */
  prepare(durationMs: number): Promise<Round>;
}

/** One round. Figures are named with their unit, for example `granted/s` or `p99 ms`. */
export type Round = () => Promise<Figures>;

export type Figures = Record<string, number>;

export interface PreparedBenchmark {
  /** The servers whose CPU time is told. */
  system: LaurelSystem;
  candidates: readonly Candidate[];
  /** What was true at the end, for example that every claim was granted once. Throws when it was not. */
  verify(): Promise<void>;
  stop(): Promise<void>;
}

export interface Benchmark {
  name: string;
  summary: string;
  prepare(): Promise<PreparedBenchmark>;
}

export interface Plan {
  rounds: number;
  roundMs: number;
  warmUpMs: number;
}
