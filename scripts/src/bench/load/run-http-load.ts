import { HttpClient, requestBytes } from './http-client.ts';
import { answerOnce } from './run-apart.ts';

/** The same request from each connection again and again, as soon as it has its answer. */
export interface HttpLoadPlan {
  url: string;
  /** Path of a GET. */
  path: string;
  /** One connection for each. */
  tokens: readonly string[];
  durationMs: number;
}

export interface HttpLoadResult {
  elapsedMs: number;
  answers: number;
  /** Answers that were not 200, and connections that were lost. */
  failures: number;
  latenciesMs: number[];
}

/** A client that loses its connection stops. */
async function runHttpLoad({ url, path, tokens, durationMs }: HttpLoadPlan): Promise<HttpLoadResult> {
  const client = new HttpClient(url, tokens.length);
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  let failures = 0;

  async function drive(token: string): Promise<void> {
    const request = requestBytes({ method: 'GET', path, token });
    for (let now = performance.now(); now < endsAt;) {
      const sentAt = now;
      const { status } = await client.exchange(request);
      if (status !== 200) failures += 1;
      now = performance.now();
      latenciesMs.push(now - sentAt);
    }
  }

  const driven = await Promise.allSettled(tokens.map(drive));
  failures += driven.filter(({ status }) => status === 'rejected').length;
  client.close();
  return { elapsedMs: performance.now() - startedAt, answers: latenciesMs.length, failures, latenciesMs };
}

answerOnce(runHttpLoad);
