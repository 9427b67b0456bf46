import { Agent, request } from 'undici';
import type { Component } from 'service-kit/lifecycle';

const TIMEOUT_MS = 5_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** Reads the key set and the API documents of services. */
export interface ServiceReader {
  /** @throws unless the service answers 200 with JSON within five seconds */
  fetchJson(url: string): Promise<unknown>;
  component: Component;
}

/** Uses its own connections, so that key sets can be read while a service is busy. */
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
