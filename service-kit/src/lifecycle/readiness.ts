import pTimeout from 'p-timeout';

/** Resolves with nothing when all is well, or says what is degraded. Rejects when the service cannot take requests. */
export type ReadinessCheck = () => Promise<void | 'degraded' | { degraded: string }>;

export interface CheckResult {
  status: 'ok' | 'degraded' | 'failed';
  detail?: string;
}

export interface ReadinessReport {
  /** `degraded` still takes requests; `starting`, `failed` and `draining` don't. */
  status: 'ready' | 'degraded' | 'starting' | 'failed' | 'draining';
  checks: Record<string, CheckResult>;
}

export interface Readiness {
  /** Runs every check now. Simultaneous callers share one report. */
  report(): Promise<ReadinessReport>;
  /** The service has started. */
  open(): void;
  /** The service is about to stop: from now on it is not ready. */
  drain(): void;
}

/** True when requests may be sent to the service. */
export function isReady(report: ReadinessReport): boolean {
  return report.status === 'ready' || report.status === 'degraded';
}

const CHECK_TIMEOUT_MS = 1_000;

/**
 * Whether the service can take requests: not before it has started, not while it stops, and in between when its checks
 * pass.
 *
 * @param checks one for each dependency, by name; each has a second
 */
export function createReadiness(checks: Readonly<Record<string, ReadinessCheck>>): Readiness {
  let phase: 'starting' | 'open' | 'draining' = 'starting';
  let running: Promise<Record<string, CheckResult>> | undefined;

  async function runAll(): Promise<Record<string, CheckResult>> {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await resultOf(check)] as const),
    );
    running = undefined;
    return Object.fromEntries(results);
  }

  return {
    report: async () => {
      running ??= runAll();
      const results = await running;
      return { status: phase === 'open' ? worst(results) : phase, checks: results };
    },
    open: () => {
      if (phase === 'starting') phase = 'open';
    },
    drain: () => {
      phase = 'draining';
    },
  };
}

async function resultOf(check: ReadinessCheck): Promise<CheckResult> {
  try {
    const outcome = await pTimeout(Promise.try(check), {
      milliseconds: CHECK_TIMEOUT_MS,
      message: `no answer within ${CHECK_TIMEOUT_MS} ms`,
    });
    if (outcome === undefined) return { status: 'ok' };
    return outcome === 'degraded' ? { status: outcome } : { status: 'degraded', detail: outcome.degraded };
  } catch (error) {
    return { status: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}

function worst(results: Record<string, CheckResult>): 'ready' | 'degraded' | 'failed' {
  const statuses = new Set(Object.values(results).map(({ status }) => status));
  if (statuses.has('failed')) return 'failed';
  return statuses.has('degraded') ? 'degraded' : 'ready';
}
