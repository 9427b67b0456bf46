import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from './stage.ts';

/** Figures of one round, named with their unit. */
export type Figures = Record<string, number>;

export interface Candidate {
  name: string;
  /** Prepares one round, outside the measured time. */
  prepare(durationMs: number): Promise<() => Promise<Figures>>;
}

export interface Measured {
  candidate: string;
  rounds: Figures[];
}

export interface Plan {
  rounds: number;
  /** 0 where a round has a length of its own. */
  roundMs: number;
  /** 0 for no warm-up. */
  warmUpMs: number;
}

export interface PreparedBenchmark {
  candidates: readonly Candidate[];
  /** @throws when a message was lost or handled twice */
  verify?(): Promise<void>;
  stop(): Promise<void>;
}

export interface Benchmark {
  plans: { quick: Plan; thorough: Plan };
  prepare(stage: Stage): Promise<PreparedBenchmark>;
  /** Compares the figures, in a line each. */
  conclude?(measured: readonly Measured[]): string[];
}

export const usualPlans = {
  quick: { rounds: 3, roundMs: 4_000, warmUpMs: 4_000 },
  thorough: { rounds: 5, roundMs: 15_000, warmUpMs: 10_000 },
};

/** Measures the candidates in alternated rounds, after a warm-up of each, with the CPU time of this process and of mongod. */
export async function measure(
  benchmark: Benchmark,
  stage: Stage,
  plan: Plan,
  { only = '', log = () => undefined }: { only?: string; log?: (line: string) => void } = {},
): Promise<Measured[]> {
  const prepared = await benchmark.prepare(stage);
  try {
    const candidates = prepared.candidates.filter(({ name }) => name.includes(only));
    for (const candidate of plan.warmUpMs === 0 ? [] : candidates) {
      log(`Warming up: ${candidate.name}`);
      await (
        await candidate.prepare(plan.warmUpMs)
      )();
    }
    const measured = candidates.map(({ name }): Measured => ({ candidate: name, rounds: [] }));
    for (let number = 1; number <= plan.rounds; number += 1) {
      for (const [index, candidate] of candidates.entries()) {
        log(`Round ${number} of ${plan.rounds}: ${candidate.name}`);
        const round = await candidate.prepare(plan.roundMs);
        const before = await cpuSeconds(stage);
        const figures = await round();
        const after = await cpuSeconds(stage);
        measured[index]?.rounds.push({
          ...figures,
          'cpu s mongod': after.mongod - before.mongod,
          'cpu s kit': after.kit - before.kit,
        });
      }
    }
    await prepared.verify?.();
    return measured;
  } finally {
    await prepared.stop();
  }
}

async function cpuSeconds({ db }: Stage): Promise<{ mongod: number; kit: number }> {
  const { user, system } = process.cpuUsage();
  const { extra_info: info } = await db.admin().serverStatus();
  return { kit: (user + system) / 1e6, mongod: (info.user_time_us + info.system_time_us) / 1e6 };
}

/** A line for each candidate: the median of each figure, and half its range in per cent. */
export function tableOf(measured: readonly Measured[], markdown: boolean): string[] {
  const names = [...new Set(measured.flatMap(({ rounds }) => rounds.flatMap((round) => Object.keys(round))))];
  const rows = [
    ['median ± half range', ...names],
    ...measured.map(({ candidate, rounds }) => [
      candidate,
      ...names.map((name) => cell(rounds.map((round) => round[name] ?? Number.NaN))),
    ]),
  ];
  if (markdown) {
    const [head = '', ...lines] = rows.map((row) => `| ${row.join(' | ')} |`);
    return [head, `|---|${'---:|'.repeat(names.length)}`, ...lines];
  }
  const widths = names.map((_, column) => Math.max(...rows.map((row) => row[column + 1]?.length ?? 0)));
  const first = Math.max(...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', ...cells]) =>
    [name.padEnd(first), ...cells.map((text, column) => text.padStart(widths[column] ?? 0))].join('   '),
  );
}

function cell(values: number[]): string {
  const middle = median(values);
  const range = (Math.max(...values) - Math.min(...values)) / 2 / middle;
  const digits = middle >= 100 ? 0 : middle >= 10 ? 1 : 2;
  const text = middle.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return middle === 0 ? text : `${text} ±${Math.round(range * 100)}%`;
}

export const median = (values: readonly number[]): number =>
  (percentile(values, 0.5) +
    -percentile(
      values.map((value) => -value),
      0.5,
    )) /
  2;

/** The nearest-rank percentile; `part` is in (0, 1]. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

/** Asks `condition` until it gives something. */
export async function until<Result>(
  condition: () => Promise<Result | undefined>,
  what: string,
  limitMs = 30_000,
): Promise<Result> {
  for (const limit = performance.now() + limitMs; performance.now() < limit; await delay(10)) {
    const result = await condition();
    if (result !== undefined) return result;
  }
  throw new Error(`Waited ${limitMs} ms for ${what}`);
}
