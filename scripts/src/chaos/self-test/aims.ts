import { BROKER, PRIMARY } from '../faults/catalogue.ts';
import type { PlannedFault } from '../faults/fault.ts';

/** Faults at chosen times, and the length of the load: enough of one kind to expose what a mutation breaks. */
export interface Aim {
  lastsMs: number;
  faults: readonly Omit<PlannedFault, 'number'>[];
}

const AUTH = ['auth-service', 'auth-service-2'] as const;

/** Hundreds of handled messages are delivered again. */
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
 * Requests pile up while the consumers are paused. When the consumers go on, the store does not answer, so each of them
 * holds many messages that it cannot commit. Then they are killed.
 */
export const deathsBeforeTheCommit: Aim = {
  lastsMs: 22_000,
  faults: [
    ...AUTH.map((target) => ({ kind: 'pause', target, atMs: 3_000, durationMs: 7_000, amount: 0 }) as const),
    { kind: 'pause', target: PRIMARY, atMs: 9_000, durationMs: 8_000, amount: 0 },
    ...AUTH.map((target) => ({ kind: 'kill', target, atMs: 12_500, durationMs: 1_500, amount: 0 }) as const),
  ],
};

/** Transactions take seconds, so those of several processes on one stock overlap, and all but one are aborted. */
export const slowTransactions: Aim = {
  lastsMs: 26_000,
  faults: [{ kind: 'latency', target: PRIMARY, atMs: 500, durationMs: 22_000, amount: 80 }],
};

/** Joins fault schedules, one after the other, in one load. */
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
