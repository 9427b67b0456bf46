import { cpus, totalmem } from 'node:os';
import type { Benchmark, Measured, Plan } from './benchmark.ts';
import { median, spread } from './statistics.ts';

export interface Report {
  benchmark: string;
  at: string;
  machine: { cpu: string; cores: number; memoryGiB: number; node: string; platform: string };
  plan: Plan;
  measured: Measured[];
  conclusions: string[];
}

export function reportOf(
  { name, conclude }: Pick<Benchmark, 'name' | 'conclude'>,
  plan: Plan,
  measured: Measured[],
): Report {
  const processors = cpus();
  return {
    benchmark: name,
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
    conclusions: conclude?.(measured) ?? [],
  };
}

/** The median of the rounds, and half their range in per cent of it, for people at a terminal. */
export function tableOf(report: Report): string[] {
  const rows = cells(report);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('   '),
  );
  return [circumstances(report), '', ...lines, ...spaced(report.conclusions)];
}

/** The same in Markdown, for the documentation. */
export function markdownOf(report: Report): string[] {
  const [head = [], ...rows] = cells(report);
  const line = (row: string[]): string => `| ${row.join(' | ')} |`;
  const rule = `|---|${'---:|'.repeat(head.length - 1)}`;
  const conclusions = report.conclusions.map((text) => `- ${text}`);
  return [
    `${circumstances(report)}, ${report.at.slice(0, 10)}`,
    '',
    line(head),
    rule,
    ...rows.map(line),
    ...spaced(conclusions),
  ];
}

const spaced = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', ...lines]);

function circumstances({ machine, plan }: Report): string {
  const length = plan.roundMs === 0 ? '' : ` of ${plan.roundMs / 1_000} s`;
  return `${machine.cores} cores (${machine.cpu}), Node ${machine.node}; ${plan.rounds} alternated rounds${length}`;
}

/** A column a candidate and a line a figure, or the other way round when that is narrower. */
function cells({ measured }: Report): string[][] {
  const names = [
    ...new Set(measured.flatMap(({ rounds }) => rounds.flatMap((figures) => Object.keys(figures)))),
  ];
  const rows = [
    ['median ± half range', ...measured.map(({ candidate }) => candidate)],
    ...names.map((name) =>
      [name].concat(measured.map(({ rounds }) => cell(rounds.flatMap((figures) => figures[name] ?? [])))),
    ),
  ];
  return measured.length <= names.length
    ? rows
    : (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? ''));
}

function cell(values: number[]): string {
  if (values.length === 0) return '–';
  const middle = median(values);
  const digits = middle >= 100 ? 0 : middle >= 10 ? 1 : 2;
  const range = middle === 0 ? '' : ` ±${Math.round(spread(values) * 100)}%`;
  return `${middle.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}${range}`;
}
