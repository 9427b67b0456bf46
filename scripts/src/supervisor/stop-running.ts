import { isStillThere } from '../processes/process-identity.ts';
import { signalGroup } from '../processes/managed-process.ts';
import { waitUntil } from '../processes/wait-until.ts';
import { readState, removeState } from './state-file.ts';

const STOP_LIMIT_MS = 90_000;
const LEFTOVER_LIMIT_MS = 30_000;

/** Stops the system of this checkout, and returns what it found. */
export async function stopRunning(dataDirectory: string): Promise<'nothing' | 'stopped' | 'cleaned up'> {
  const state = await readState(dataDirectory);
  if (state === undefined) return 'nothing';
  if (isStillThere(state.supervisor)) {
    process.kill(state.supervisor.pid, 'SIGTERM');
    const wait = { limitMs: STOP_LIMIT_MS, everyMs: 50, what: 'the end of the supervisor' };
    await waitUntil(async () => !isStillThere(state.supervisor), wait);
    return 'stopped';
  }
  // The supervisor was killed. The list has the services first, so they stop first.
  for (const { identity } of state.processes) {
    if (identity === null || !isStillThere(identity)) continue;
    process.kill(identity.pid, 'SIGTERM');
    const wait = { limitMs: LEFTOVER_LIMIT_MS, everyMs: 50, what: 'its end' };
    await waitUntil(async () => !isStillThere(identity), wait).catch(() =>
      signalGroup(identity.pid, 'SIGKILL'),
    );
  }
  await removeState(dataDirectory);
  return 'cleaned up';
}
