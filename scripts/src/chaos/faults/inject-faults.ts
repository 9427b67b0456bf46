import { setTimeout as delay } from 'node:timers/promises';
import type { FaultKind, InjectedFault, PlannedFault } from './fault.ts';
import { closeConnections, memoryAlarm, unbind } from './broker-faults.ts';
import { flush } from './flush-redis.ts';
import { cut, halfOpen, latency, reset } from './link-faults.ts';
import { duplicates, malformed, reorder } from './message-faults.ts';
import { clockSkew, kill, pause, restart, stepDown } from './process-faults.ts';
import { groupOf } from './schedule.ts';
import type { ApplyFault, FaultWorld } from './world.ts';

const appliers: Record<FaultKind, ApplyFault> = {
  kill,
  pause,
  restart,
  'step-down': stepDown,
  'close-connections': closeConnections,
  'memory-alarm': memoryAlarm,
  unbind,
  flush,
  latency,
  reset,
  'half-open': halfOpen,
  cut,
  duplicates,
  reorder,
  malformed,
  'clock-skew': clockSkew,
};

const UNDO_ATTEMPTS = 20;
const UNDO_PAUSE_MS = 1_000;

/**
 * Injects each planned fault at its time, and resolves when all of them are undone. A fault that cannot begin before the
 * load ends, because earlier ones took too long to undo, is left out.
 */
export async function injectFaults(
  plan: { faults: readonly PlannedFault[]; durationMs: number },
  world: FaultWorld,
  onFault: (fault: InjectedFault) => void,
): Promise<InjectedFault[]> {
  const startedAt = performance.now();
  const elapsedMs = (): number => performance.now() - startedAt;
  // A fault that takes longer to undo than was planned holds up the next of its group, not the others.
  const groups = new Map<string, Promise<unknown>>();
  const injected = plan.faults.map((fault) => {
    const before = groups.get(groupOf(fault));
    const run = (async () => {
      await delay(Math.max(0, fault.atMs - elapsedMs()));
      await before;
      const outcome = elapsedMs() < plan.durationMs ? await inject(fault, world) : tooLate(fault);
      onFault(outcome);
      return outcome;
    })();
    groups.set(groupOf(fault), run);
    return run;
  });
  return Promise.all(injected);
}

function tooLate(planned: PlannedFault): InjectedFault {
  const now = Date.now();
  return { planned, met: planned.target, startedAt: now, healedAt: now, trouble: 'the load was over' };
}

async function inject(planned: PlannedFault, world: FaultWorld): Promise<InjectedFault> {
  const startedAt = Date.now();
  try {
    const { met, undo } = await appliers[planned.kind](planned, world);
    if (undo) {
      await delay(planned.durationMs);
      await persist(undo);
    }
    return { planned, met, startedAt, healedAt: Date.now() };
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error);
    return { planned, met: planned.target, startedAt, healedAt: Date.now(), trouble };
  }
}

/** Undoes a fault, in several attempts if the first ones fail. */
async function persist(undo: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await undo();
    } catch (error) {
      if (attempt === UNDO_ATTEMPTS) throw error;
      await delay(UNDO_PAUSE_MS);
    }
  }
}
