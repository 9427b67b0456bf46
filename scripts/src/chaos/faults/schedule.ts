import { seededRandom, type Random } from '../random.ts';
import { BROKER, catalogue, type Targets } from './catalogue.ts';
import type { FaultKind, PlannedFault } from './fault.ts';

export interface SchedulePlan {
  seed: number;
  durationMs: number;
  kinds: readonly FaultKind[];
  targets: Targets;
}

const FIRST_AT_MS = 4_000;
/** From the start of one fault to that of the next. */
const GAP_MS = [3_000, 8_500] as const;
/** After a fault its group is left in peace for so long, that it can be seen to recover. */
const PEACE_MS = 5_000;
const ATTEMPTS = 30;

/** The faults of a run. The same plan gives the same faults. */
export function planFaults({ seed, durationMs, kinds, targets }: SchedulePlan): PlannedFault[] {
  const random = seededRandom(seed, 'faults');
  const faults: PlannedFault[] = [];
  const busyUntil = new Map<string, number>();
  let atMs = FIRST_AT_MS;
  while (atMs < durationMs) {
    const fault = drawUntilFree(atMs);
    if (fault) {
      faults.push({ number: faults.length + 1, ...fault });
      busyUntil.set(groupOf(fault), atMs + fault.durationMs + PEACE_MS);
    }
    atMs += random.between(...GAP_MS);
  }
  return faults;

  function drawUntilFree(at: number): Omit<PlannedFault, 'number'> | undefined {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const fault = draw(random, kinds, targets, at);
      const ends = at + fault.durationMs;
      if (ends <= durationMs && (busyUntil.get(groupOf(fault)) ?? 0) <= at) return fault;
    }
    return undefined;
  }
}

function draw(
  random: Random,
  kinds: readonly FaultKind[],
  targets: Targets,
  atMs: number,
): Omit<PlannedFault, 'number'> {
  const kind = random.pickWeighted(kinds.map((item) => ({ weight: catalogue[item].weight, item })));
  const { seconds = [0, 0], amount = [0, 0], ...definition } = catalogue[kind];
  const target = random.pick(definition.targets(targets));
  const durationMs = random.between(seconds[0] * 1_000, seconds[1] * 1_000);
  return { kind, target, atMs, durationMs, amount: random.between(...amount) };
}

/**
 * Faults of one group do not overlap, so that each can be applied and undone by itself: two faults of one process,
 * two members of the replica set at once, a binding that is removed while its broker is away.
 */
export function groupOf({ kind, target }: Pick<PlannedFault, 'kind' | 'target'>): string {
  const [, end = target] = target.split(' → ');
  if (end.startsWith('mongodb')) return 'mongodb';
  if (target.includes(' → ')) return target;
  const atBroker: readonly FaultKind[] = ['unbind', 'duplicates', 'reorder', 'malformed'];
  return atBroker.includes(kind) || target.startsWith(BROKER) ? BROKER : target;
}
