import { seededRandom, type Random } from '../random.ts';
import { BROKER, catalogue, type Targets } from './catalogue.ts';
import type { FaultKind, PlannedFault } from './fault.ts';

export interface SchedulePlan {
  seed: number;
  durationMs: number;
  kinds: readonly FaultKind[];
  /** From the start of one fault to that of the next, on average. */
  gapMs: number;
  targets: Targets;
  /** Faults meet only targets whose names contain this. */
  on?: string;
}

const FIRST_AT_MS = 4_000;
/** The largest deviation of a gap from the average gap, as a share of it. */
const GAP_SPREAD = 11 / 23;
/** The pause of a group after its fault, so that the recovery can be observed. */
const PEACE_MS = 5_000;
const ATTEMPTS = 30;

/** The faults of a run. The same plan gives the same faults. */
export function planFaults({
  seed,
  durationMs,
  kinds,
  gapMs,
  targets,
  on = '',
}: SchedulePlan): PlannedFault[] {
  const random = seededRandom(seed, 'faults');
  const choices = kinds
    .map((kind) => ({ kind, targets: catalogue[kind].targets(targets).filter((name) => name.includes(on)) }))
    .filter((choice) => choice.targets.length > 0);
  if (choices.length === 0) return [];
  const faults: PlannedFault[] = [];
  const busyUntil = new Map<string, number>();
  let atMs = FIRST_AT_MS;
  while (atMs < durationMs) {
    const fault = drawUntilFree(atMs);
    if (fault) {
      faults.push({ number: faults.length + 1, ...fault });
      busyUntil.set(groupOf(fault), atMs + fault.durationMs + PEACE_MS);
    }
    atMs += random.between(gapMs * (1 - GAP_SPREAD), gapMs * (1 + GAP_SPREAD));
  }
  return faults;

  function drawUntilFree(at: number): Omit<PlannedFault, 'number'> | undefined {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const fault = draw(random, choices, at);
      const ends = at + fault.durationMs;
      if (ends <= durationMs && (busyUntil.get(groupOf(fault)) ?? 0) <= at) return fault;
    }
    return undefined;
  }
}

interface Choice {
  kind: FaultKind;
  targets: readonly string[];
}

function draw(random: Random, choices: readonly Choice[], atMs: number): Omit<PlannedFault, 'number'> {
  const { kind, targets } = random.pickWeighted(
    choices.map((item) => ({ weight: catalogue[item.kind].weight, item })),
  );
  const { seconds = [0, 0], amount = [0, 0] } = catalogue[kind];
  const target = random.pick(targets);
  const durationMs = random.between(seconds[0] * 1_000, seconds[1] * 1_000);
  return { kind, target, atMs, durationMs, amount: random.between(...amount) };
}

/**
 * Faults of one group do not overlap, so that each can be applied and undone by itself. A group is two faults of one
 * process, two members of the replica set at once, or a binding that is removed while its broker is down.
 */
export function groupOf({ kind, target }: Pick<PlannedFault, 'kind' | 'target'>): string {
  const [, end = target] = target.split(' → ');
  if (end.startsWith('mongodb')) return 'mongodb';
  if (target.includes(' → ')) return target;
  const atBroker: readonly FaultKind[] = ['unbind', 'duplicates', 'reorder', 'malformed'];
  return atBroker.includes(kind) || target.startsWith(BROKER) ? BROKER : target;
}
