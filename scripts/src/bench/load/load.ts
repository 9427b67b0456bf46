import { join } from 'node:path';
import { runApart } from './run-apart.ts';
import type { ActivityLoadPlan, ActivityLoadResult } from './run-activity-load.ts';
import type { LoadPlan, LoadResult } from './run-load.ts';
import type { SessionLoadPlan, SessionLoadResult } from './run-session-load.ts';

/** Runs a load in a process of its own and resolves with what it saw. */
export const load = (plan: LoadPlan): Promise<LoadResult> =>
  runApart(join(import.meta.dirname, 'run-load.ts'), plan);

/** The same for players who log in, or refresh, again and again. */
export const sessionLoad = (plan: SessionLoadPlan): Promise<SessionLoadResult> =>
  runApart(join(import.meta.dirname, 'run-session-load.ts'), plan);

/** The same for game servers that report activity. */
export const activityLoad = (plan: ActivityLoadPlan): Promise<ActivityLoadResult> =>
  runApart(join(import.meta.dirname, 'run-activity-load.ts'), plan);
