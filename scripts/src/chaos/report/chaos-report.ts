import type { Breach } from '../checks/verdict.ts';
import type { ChaosOutcome } from '../run-chaos.ts';
import { longestGap, recoveryTime } from './availability.ts';
import { columns } from './columns.ts';
import { type Standstill, standstillsOf } from './standstills.ts';

/** A run as it is kept and shown. Times are milliseconds, `atMs` from the start of the load. */
export interface ChaosReport {
  seed: number;
  durationMs: number;
  rate: number;
  brokerNodes: number;
  operations: number;
  heldBack: number;
  requests: number;
  givenUp: number;
  sessionsLost: number;
  messages: number;
  malformed: number;
  quietAfterMs: number;
  faults: ReportedFault[];
  /** Answers to requests, by kind of operation and outcome. */
  outcomes: Record<string, Record<string, number>>;
  longestUnavailableMs: Record<string, number>;
  standstills: Standstill[];
  verdicts: ReportedVerdict[];
}

interface ReportedFault {
  number: number;
  kind: string;
  met: string;
  atMs: number;
  lastedMs: number;
  recoveredAfterMs: number | undefined;
  trouble: string | undefined;
}

interface ReportedVerdict {
  id: string;
  rule: string;
  checked: number;
  breaches: number;
  /** Of the first of them. */
  evidence: Breach[];
}

const EVIDENCE_KEPT = 50;
const EVIDENCE_SHOWN = 3;
const EVIDENCE_WIDTH = 1_500;

export function reportOf(outcome: ChaosOutcome): ChaosReport {
  const { plan, journal, faults, verdicts, startedAt, endedAt } = outcome;
  const { heldBack, messages, malformed, quietAfterMs } = outcome;
  const { operations, requests, givenUp, sessionsLost } = journal;
  return {
    seed: plan.seed,
    durationMs: plan.durationMs,
    rate: plan.rate,
    brokerNodes: plan.brokerNodes,
    operations,
    heldBack,
    requests,
    givenUp,
    sessionsLost,
    messages,
    malformed,
    quietAfterMs,
    faults: faults.map((fault) => ({
      number: fault.planned.number,
      kind: fault.planned.kind,
      met: fault.met,
      atMs: fault.startedAt - startedAt,
      lastedMs: fault.healedAt - fault.startedAt,
      recoveredAfterMs: recoveryTime(fault, journal.successes, endedAt),
      trouble: fault.trouble,
    })),
    outcomes: Object.fromEntries(
      [...journal.outcomes].map(([kind, counts]) => [kind, Object.fromEntries(counts)]),
    ),
    longestUnavailableMs: Object.fromEntries(
      [...journal.successes].map(([kind, times]) => [kind, longestGap(times, { startedAt, endedAt })]),
    ),
    standstills: standstillsOf(faults, journal.successes, { startedAt, endedAt }),
    verdicts: verdicts.map(({ id, rule, checked, breaches }) => ({
      id,
      rule,
      checked,
      breaches: breaches.length,
      evidence: breaches.slice(0, EVIDENCE_KEPT),
    })),
  };
}

export function isBroken({ verdicts }: ChaosReport): boolean {
  return verdicts.some(({ breaches }) => breaches > 0);
}

export function linesOf(report: ChaosReport): string[] {
  return [
    ...faultLines(report),
    '',
    ...outcomeLines(report),
    '',
    ...availabilityLines(report),
    '',
    ...standstillLines(report),
    '',
    summaryLine(report),
    '',
    ...verdictLines(report),
  ];
}

function faultLines({ faults }: ChaosReport): string[] {
  const rows = faults.map((fault) => [
    String(fault.number),
    seconds(fault.atMs),
    fault.kind,
    fault.met,
    seconds(fault.lastedMs),
    fault.recoveredAfterMs === undefined ? '–' : seconds(fault.recoveredAfterMs),
    fault.trouble === undefined ? '' : `not done: ${fault.trouble.slice(0, 80)}`,
  ]);
  return columns([['#', 'at', 'fault', 'what it met', 'lasted', 'recovered after', ''], ...rows]);
}

function outcomeLines({ outcomes }: ChaosReport): string[] {
  const rows = Object.entries(outcomes).flatMap(([kind, counts]) =>
    Object.entries(counts)
      .toSorted(([, a], [, b]) => b - a)
      .map(([label, count]) => [kind, label, String(count)]),
  );
  return columns([['operation', 'answer', 'requests'], ...rows]);
}

function availabilityLines({ longestUnavailableMs }: ChaosReport): string[] {
  const rows = Object.entries(longestUnavailableMs).map(([kind, ms]) => [kind, seconds(ms)]);
  return columns([['operation', 'longest without success'], ...rows]);
}

function standstillLines({ standstills }: ChaosReport): string[] {
  const rows = standstills.map(({ kind, target, faults, claimMs, grantMs }) => [
    kind,
    target,
    String(faults),
    seconds(claimMs),
    seconds(grantMs),
  ]);
  return columns([
    ['fault', 'of', 'times', 'longest without a claim answered', 'without a grant seen'],
    ...rows,
  ]);
}

function summaryLine(report: ChaosReport): string {
  const done = report.faults.filter(({ trouble }) => trouble === undefined).length;
  return [
    `Seed ${report.seed}, ${report.durationMs / 1_000} s, ${report.brokerNodes} broker node(s)`,
    `${done} faults done of ${report.faults.length}`,
    `${report.operations} operations (${report.heldBack} held back) in ${report.requests} requests`,
    `${report.messages} messages, ${report.malformed} malformed ones put in`,
    `${report.sessionsLost} sessions lost with their last answer`,
    `${report.givenUp} given up`,
    `quiet after ${seconds(report.quietAfterMs)}`,
  ].join('; ');
}

function verdictLines({ verdicts }: ChaosReport): string[] {
  const rows = verdicts.map(({ id, rule, checked, breaches }) => [
    breaches === 0 ? '✔' : '✖',
    id,
    rule,
    `${checked} checked`,
    `${breaches} broken`,
  ]);
  const evidence = verdicts.flatMap(({ id, evidence }) =>
    evidence
      .slice(0, EVIDENCE_SHOWN)
      .flatMap((breach) => [
        '',
        `✖ ${id}: ${breach.what}`,
        `  ${JSON.stringify(breach.evidence).slice(0, EVIDENCE_WIDTH)}`,
      ]),
  );
  return [...columns(rows), ...evidence];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
