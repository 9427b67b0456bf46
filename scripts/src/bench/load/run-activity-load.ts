import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { HttpClient, requestBytes } from './http-client.ts';
import { answerOnce } from './run-apart.ts';

export interface ActivityLoadPlan {
  url: string;
  /** Of a service client that may report activity. */
  token: string;
  accountIds: readonly string[];
  metric: string;
  /** Items of one request. */
  batchSize: number;
  /** Requests at any time. */
  connections: number;
  durationMs: number;
}

export interface ActivityLoadResult {
  elapsedMs: number;
  /** Items by what became of them. */
  accepted: number;
  others: number;
  /** Requests that were answered with anything but 200. */
  failed: number;
  /** Of every answer, in milliseconds. */
  latenciesMs: number[];
}

const Reported = z.object({ accepted: z.number() });

/** Game servers that report batch after batch, each item once. */
async function runActivityLoad(plan: ActivityLoadPlan): Promise<ActivityLoadResult> {
  const { url, token, accountIds, metric, batchSize, connections, durationMs } = plan;
  const client = new HttpClient(url, connections);
  const result: ActivityLoadResult = { elapsedMs: 0, accepted: 0, others: 0, failed: 0, latenciesMs: [] };
  const run = randomUUID();
  const startedAt = performance.now();
  let sent = 0;

  function nextBatch(): string {
    const at = new Date().toISOString();
    const items = Array.from({ length: batchSize }, () => {
      sent += 1;
      // Neither in the order of the accounts nor by chance, so that every round does the same.
      const accountId = accountIds[(sent * 7_919) % accountIds.length];
      return { source: 'bench', id: `${run}-${sent}`, accountId, metric, at };
    });
    return JSON.stringify({ items });
  }

  async function report(): Promise<void> {
    while (performance.now() - startedAt < durationMs) {
      const request = requestBytes({ method: 'POST', path: '/v1/activity', token, body: nextBatch() });
      const sentAt = performance.now();
      const { status, body } = await client.exchange(request);
      if (status === 200) {
        const { accepted } = Reported.parse(JSON.parse(body.toString()));
        result.accepted += accepted;
        result.others += batchSize - accepted;
      } else {
        result.failed += 1;
      }
      result.latenciesMs.push(performance.now() - sentAt);
    }
  }

  await Promise.all(Array.from({ length: connections }, report));
  result.elapsedMs = performance.now() - startedAt;
  client.close();
  return result;
}

answerOnce(runActivityLoad);
