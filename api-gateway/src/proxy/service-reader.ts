import { Agent, request } from 'undici';
import type { Component } from 'service-kit/lifecycle';

const TIMEOUT_MS = 5_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** Reads what services say of themselves: keys and documents. */
export interface ServiceReader {
  /** @throws unless the service answers 200 with JSON in time */
  fetchJson(url: string): Promise<unknown>;
  component: Component;
}

/** Has connections of its own, so that a busy service does not keep its keys from being read. */
export function createServiceReader(): ServiceReader {
  const agent = new Agent({ connections: 2, maxResponseSize: MOST_BYTES, allowH2: false });

  async function fetchJson(url: string): Promise<unknown> {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/json' },
    });
    if (statusCode === 200) return body.json();
    await body.dump();
    throw new Error(`answered with ${statusCode}`);
  }

  return { fetchJson, component: { name: 'service reader', stop: () => agent.destroy() } };
}
