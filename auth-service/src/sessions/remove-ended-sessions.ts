import { Counter, type Registry } from '@prometheus-io/client';
import type { EndedSessionStore } from './ended-session-store.ts';
import type { SessionStore } from './session-store.ts';

export interface RemoveEndedSessionsDeps {
  sessions: Pick<SessionStore, 'removeSome'>;
  endedSessions: Pick<EndedSessionStore, 'due' | 'done'>;
  metrics: Registry;
}

const BATCH = 500;
/** In one run: the service cannot stop while one is under way, and the next goes on half a second later. */
const MOST_BATCHES = 20;

/**
 * Removes the sessions that were ended all at once. They are dead already; this only makes room, in writes of a bounded
 * size. Every instance may run it at any time: of two that meet at one account, one finds less to do.
 */
export function removeEndedSessions(deps: RemoveEndedSessionsDeps): () => Promise<void> {
  const { sessions, endedSessions, metrics } = deps;
  const counter = new Counter({
    name: 'auth_ended_sessions_removed_total',
    help: 'Dead sessions that were removed',
    registers: [metrics],
  });

  return async () => {
    let left = MOST_BATCHES;
    for (const ended of await endedSessions.due(MOST_BATCHES)) {
      let removed: number;
      do {
        if (left === 0) return;
        left -= 1;
        removed = await sessions.removeSome(ended, BATCH);
        counter.inc(removed);
      } while (removed === BATCH);
      await endedSessions.done(ended);
    }
  };
}
