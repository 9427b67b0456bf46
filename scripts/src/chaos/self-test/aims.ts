import { BROKER, PRIMARY } from '../faults/catalogue.ts';
import type { PlannedFault } from '../faults/fault.ts';

/** Faults at chosen times under a load of this length: so much of one thing that what it breaks cannot stay whole. */
export interface Aim {
  lastsMs: number;
  faults: readonly Omit<PlannedFault, 'number'>[];
}

const AUTH = ['auth-service', 'auth-service-2'] as const;

/** Messages that have been handled come again, by the hundred. */
export const repetitions: Aim = {
  lastsMs: 18_000,
  faults: [6_000, 11_000, 16_000].map((atMs) => ({
    kind: 'duplicates',
    target: BROKER,
    atMs,
    durationMs: 0,
    amount: 400,
  })),
};

/**
 * Requests pile up before consumers that stand still. When these go on, the store does not answer, so that every one
 * of them has its hands full of what it cannot commit; then they are killed.
 */
export const deathsBeforeTheCommit: Aim = {
  lastsMs: 22_000,
  faults: [
    ...AUTH.map((target) => ({ kind: 'pause', target, atMs: 3_000, durationMs: 7_000, amount: 0 }) as const),
    { kind: 'pause', target: PRIMARY, atMs: 9_000, durationMs: 8_000, amount: 0 },
    ...AUTH.map((target) => ({ kind: 'kill', target, atMs: 12_500, durationMs: 1_500, amount: 0 }) as const),
  ],
};

/** Transactions take seconds: those of several processes that meet at one stock overlap, and all but one are undone. */
export const slowTransactions: Aim = {
  lastsMs: 26_000,
  faults: [{ kind: 'latency', target: PRIMARY, atMs: 500, durationMs: 22_000, amount: 80 }],
};

/** Transactions are slow, and elections of a new primary end those that are open. */
export const interruptedTransactions: Aim = {
  lastsMs: 26_000,
  faults: [
    ...slowTransactions.faults,
    ...[6_000, 11_000, 16_000, 21_000].map(
      (atMs) => ({ kind: 'step-down', target: PRIMARY, atMs, durationMs: 0, amount: 0 }) as const,
    ),
  ],
};

/** One after the other in one load. */
export function inTurn(aims: readonly Aim[]): { durationMs: number; aimed: PlannedFault[] } {
  let durationMs = 0;
  const aimed: PlannedFault[] = [];
  for (const { lastsMs, faults } of aims) {
    for (const fault of faults)
      aimed.push({ number: aimed.length + 1, ...fault, atMs: durationMs + fault.atMs });
    durationMs += lastsMs;
  }
  return { durationMs, aimed };
}
