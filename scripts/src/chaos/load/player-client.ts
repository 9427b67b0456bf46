import { Pool } from 'undici';
import { z } from 'zod';

/** The outcome of a request as a client knows it: a final answer, or unknown. */
export type Outcome =
  | { known: true; status: number; code?: string; body: unknown }
  | { known: false; why: string };

export interface PlayerRequest {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  token?: string | undefined;
  body?: object;
}

export interface PlayerClient {
  request(request: PlayerRequest): Promise<Outcome>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 12_000;
const WithCode = z.object({ code: z.string() });

/** Players reach any of the gateways, and after an error another one. */
export function createPlayerClient(urls: readonly string[]): PlayerClient {
  const pools = urls.map((url) => new Pool(url, { pipelining: 1, keepAliveTimeout: 4_000 }));
  let turn = 0;

  return {
    request: async ({ method, path, token, body }) => {
      turn += 1;
      const pool = pools[turn % pools.length];
      if (!pool) throw new Error('there is no gateway');
      try {
        const response = await pool.request({
          method,
          path,
          headers: {
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...(body && { 'content-type': 'application/json' }),
          },
          ...(body && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const text = await response.body.text();
        return outcomeOf(response.statusCode, text === '' ? undefined : JSON.parse(text));
      } catch (error) {
        return { known: false, why: reasonOf(error) };
      }
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()));
    },
  };
}

/** After a server error the client cannot tell whether the request had an effect. */
function outcomeOf(status: number, body: unknown): Outcome {
  const { code } = WithCode.safeParse(body).data ?? {};
  if (status >= 500) return { known: false, why: `${status} ${code ?? ''}`.trim() };
  return { known: true, status, body, ...(code !== undefined && { code }) };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  return 'code' in error ? String(error.code) : error.name;
}
