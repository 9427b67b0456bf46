import { Pool } from 'undici';
import { setTimeout as delay } from 'node:timers/promises';

/** One request of the load; `path` and `body` are the same for all of them. */
export interface LoadPlan {
  url: string;
  method: 'GET' | 'POST';
  path: string;
  body?: string;
  /** One request for each, in this order; each is used once. */
  tokens: readonly string[];
  /** Requests at any time (closed loop), or the most of them (open loop). */
  connections: number;
  /** Open loop: requests a second, sent when they are due whatever became of those before. */
  rate?: number;
  /** The load ends after this time, in milliseconds, or when the tokens are used up. */
  durationMs: number;
}

export interface LoadResult {
  /** From the first request sent to the last answer. */
  elapsedMs: number;
  /** Answers by status; `error` for requests without one. */
  statuses: Record<string, number>;
  /** Of every answered request, in milliseconds; in an open loop counted from when it was due. */
  latenciesMs: number[];
  tokensUsed: number;
}

export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const pool = new Pool(plan.url, { connections: plan.connections, pipelining: 1 });
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + plan.durationMs;
  let used = 0;

  async function one(token: string, dueAt: number): Promise<void> {
    let status: string;
    try {
      const response = await pool.request({
        method: plan.method,
        path: plan.path,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(plan.body === undefined ? {} : { body: plan.body }),
      });
      await response.body.dump();
      status = String(response.statusCode);
      latenciesMs.push(performance.now() - dueAt);
    } catch {
      status = 'error';
    }
    statuses[status] = (statuses[status] ?? 0) + 1;
  }

  async function closedLoop(): Promise<void> {
    for (let token = plan.tokens[used]; token && performance.now() < endsAt; token = plan.tokens[used]) {
      used += 1;
      await one(token, performance.now());
    }
  }

  async function openLoop(rate: number): Promise<void> {
    const sent: Promise<void>[] = [];
    for (let token = plan.tokens[used]; token; token = plan.tokens[used]) {
      const dueAt = startedAt + (used * 1_000) / rate;
      if (dueAt >= endsAt) break;
      const wait = dueAt - performance.now();
      if (wait > 1) await delay(wait);
      used += 1;
      sent.push(one(token, dueAt));
    }
    await Promise.all(sent);
  }

  if (plan.rate === undefined) await Promise.all(Array.from({ length: plan.connections }, closedLoop));
  else await openLoop(plan.rate);
  const elapsedMs = performance.now() - startedAt;
  await pool.close();
  return { elapsedMs, statuses, latenciesMs, tokensUsed: used };
}
