import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient, requestBytes } from './http-client.ts';
import { answerOnce } from './run-apart.ts';

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
  /** Open loop: requests a second, each sent when it is due, even if earlier ones have no answer yet. */
  rate?: number;
  /**
   * Open loop: how long answers are not timed at first, in milliseconds, while connections are opened and the load's own
   * code is compiled. Default 0.
   */
  leadInMs?: number;
  /** The load ends after this time, in milliseconds, or when the tokens are used up. */
  durationMs: number;
}

export interface LoadResult {
  /** When the first request was sent, as `Date.now()` tells it. */
  startedAt: number;
  /** Answers by status; `error` for requests without one. */
  statuses: Record<string, number>;
  /**
   * Of every answered request after the lead-in, in milliseconds. In an open loop it counts from the time the request was
   * due, so a late load process or a full connection pool hides no wait (coordinated omission).
   */
  latenciesMs: number[];
}

async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const { method, path, body, leadInMs = 0 } = plan;
  const client = new HttpClient(plan.url, plan.connections);
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + plan.durationMs;
  let used = 0;

  async function one(token: string, dueAt: number): Promise<void> {
    let status: string;
    try {
      const request = requestBytes({ method, path, token, ...(body !== undefined && { body }) });
      const answer = await client.exchange(request);
      status = String(answer.status);
      if (dueAt - startedAt >= leadInMs) latenciesMs.push(performance.now() - dueAt);
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
  client.close();
  return { startedAt: performance.timeOrigin + startedAt, statuses, latenciesMs };
}

answerOnce(runLoad);
