import type { InjectedFault } from '../faults/fault.ts';
import type { Poison } from '../faults/malformed-messages.ts';
import type { AttemptHistory } from '../watch/transitions.ts';
import type { SystemState } from './system-state.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';

export interface DeadLetter {
  id: string;
  queue: string;
  reason: string;
}

export interface TimeLimits {
  deadlineMs: number;
  faults: readonly InjectedFault[];
}

const GRACE_MS = 30_000;

/** I5: every claim is final within the deadline, the outage and 30 s; only malformed messages are dead letters. */
export function settledInTime(
  { claims }: Pick<SystemState, 'claims'>,
  attempts: readonly AttemptHistory[],
  letters: { dead: readonly DeadLetter[]; poison: readonly Poison[] },
  limits: TimeLimits,
): Verdict {
  const open = claims.filter(({ status }) => status === 'pending' || status === 'revoking');
  const skewMs = Math.max(
    0,
    ...limits.faults.map(({ planned }) => (planned.kind === 'clock-skew' ? Math.abs(planned.amount) : 0)),
  );
  const late = attempts.flatMap((attempt): Breach[] => {
    const { claimId, pendingAt, finalAt } = attempt;
    if (pendingAt === undefined || finalAt === undefined) return [];
    const outageMs = overlap(limits.faults, pendingAt, finalAt);
    const allowedMs = limits.deadlineMs + skewMs + outageMs + GRACE_MS;
    const tookMs = finalAt - pendingAt;
    if (tookMs <= allowedMs) return [];
    return [{ what: `claim ${claimId} took ${tookMs} ms`, evidence: { ...attempt, outageMs, allowedMs } }];
  });
  const breaches: Breach[] = [
    ...open.map((claim) => ({ what: `claim ${claim._id} is still ${claim.status}`, evidence: { claim } })),
    ...late,
    ...deadOutOfPlace(letters),
  ];
  return verdict('I5', 'every claim is final within deadline + outage + 30 s', attempts.length, breaches);
}

function deadOutOfPlace({
  dead,
  poison,
}: {
  dead: readonly DeadLetter[];
  poison: readonly Poison[];
}): Breach[] {
  const known = new Set(poison.map(({ id, queue }) => `${queue}/${id}`));
  const found = new Set(dead.map(({ id, queue }) => `${queue}/${id}`));
  const innocent = dead.filter(({ id, queue }) => !known.has(`${queue}/${id}`));
  const missing = poison.filter(({ id, queue, confirmed }) => confirmed && !found.has(`${queue}/${id}`));
  return [
    ...innocent.map((letter) => ({ what: `message ${letter.id} is dead and was sound`, evidence: letter })),
    ...missing.map((each) => ({
      what: `malformed message ${each.id} is not among the dead`,
      evidence: each,
    })),
  ];
}

/** @returns how much of the time from `from` to `to` at least one fault covers, in milliseconds */
export function overlap(faults: readonly InjectedFault[], from: number, to: number): number {
  const windows = faults
    .map(({ startedAt, healedAt }) => [Math.max(from, startedAt), Math.min(to, healedAt)] as const)
    .filter(([start, end]) => start < end)
    .toSorted(([a], [b]) => a - b);
  let covered = 0;
  let reached = from;
  for (const [start, end] of windows) {
    if (end <= reached) continue;
    covered += end - Math.max(start, reached);
    reached = end;
  }
  return covered;
}
