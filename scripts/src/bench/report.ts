import { cpus, totalmem } from 'node:os';
import type { Plan } from './benchmark.ts';
import type { Measured } from './run-benchmark.ts';
import { median, spread } from './statistics.ts';

export interface Report {
  benchmark: string;
  at: string;
  machine: { cpu: string; cores: number; memoryGiB: number; node: string; platform: string };
  plan: Plan;
  measured: Measured[];
}

export function reportOf(benchmark: string, plan: Plan, measured: Measured[]): Report {
  const processors = cpus();
  return {
    benchmark,
    at: new Date().toISOString(),
    machine: {
      cpu: processors[0]?.model ?? 'unknown',
      cores: processors.length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
    plan,
    measured,
  };
}

/** A line a figure and a column a candidate: the median of the rounds, and half their range in per cent of it. */
export function tableOf({ measured, machine, plan }: Report): string[] {
  const names = [
    ...new Set(measured.flatMap(({ rounds }) => rounds.flatMap((figures) => Object.keys(figures)))),
  ];
  const rows = [
    ['median ± half range', ...measured.map(({ candidate }) => candidate)],
    ...names.map((name) =>
      [name].concat(measured.map(({ rounds }) => cell(rounds.map((figures) => figures[name] ?? 0)))),
    ),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('   '),
  );
  return [
    `${machine.cores} cores (${machine.cpu}), Node ${machine.node}; ${plan.rounds} alternated rounds of ${plan.roundMs / 1_000} s`,
    '',
    ...lines,
  ];
}

function cell(values: number[]): string {
  const middle = median(values);
  const digits = middle >= 100 ? 0 : middle >= 10 ? 1 : 2;
  const range = middle === 0 ? '' : ` ±${Math.round(spread(values) * 100)}%`;
  return `${middle.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}${range}`;
}
