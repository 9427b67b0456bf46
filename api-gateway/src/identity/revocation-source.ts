import { signInternalCall, type SigningKey } from 'service-kit/identity';
import type { Component } from 'service-kit/lifecycle';
import { Agent, request } from 'undici';
import { RevocationPage } from './revocation.ts';

const SERVICE = 'auth-service';
const PATH = '/internal/revocations';
const SINCE_TIMEOUT_MS = 2_000;
const SNAPSHOT_TIMEOUT_MS = 10_000;
const MOST_BYTES = 64 * 1024 * 1024;

/** auth-service does not know the cursor. Everything has to be read again. */
export class CursorRefusedError extends Error {
  override readonly name = 'CursorRefusedError';
}

export interface RevocationSource {
  /**
   * @param cursor of the last page; undefined to read all revocations in force
   * @throws CursorRefusedError, or the failure of the last address that was asked
   */
  read(cursor: string | undefined): Promise<RevocationPage>;
  component: Component;
}

export interface RevocationSourceDeps {
  /** auth-service's addresses. The one that answered last is asked first. */
  origins: readonly string[];
  key: SigningKey;
  now: () => number;
}

/** Reads revocations from auth-service, over its own connections. */
export function createRevocationSource({ origins, key, now }: RevocationSourceDeps): RevocationSource {
  const agent = new Agent({ connections: 1, maxResponseSize: MOST_BYTES, allowH2: false });
  let preferred = 0;

  async function readFrom(origin: string, cursor: string | undefined): Promise<RevocationPage> {
    const target = cursor === undefined ? PATH : `${PATH}?since=${encodeURIComponent(cursor)}`;
    const { statusCode, body } = await request(origin + target, {
      dispatcher: agent,
      signal: AbortSignal.timeout(cursor === undefined ? SNAPSHOT_TIMEOUT_MS : SINCE_TIMEOUT_MS),
      headers: {
        accept: 'application/json',
        ...signInternalCall({ service: SERVICE, key, now: now(), method: 'GET', target }),
      },
    });
    if (statusCode === 200) return RevocationPage.parse(await body.json());
    await body.dump();
    if (statusCode === 400 && cursor !== undefined) throw new CursorRefusedError('the cursor was refused');
    const hint = statusCode === 401 ? ': check INTERNAL_KEYS and the clocks' : '';
    throw new Error(`answered with ${statusCode}${hint}`);
  }

  return {
    async read(cursor) {
      let failure: unknown;
      for (let i = 0; i < origins.length; i += 1) {
        const turn = (preferred + i) % origins.length;
        try {
          const page = await readFrom(origins[turn] ?? '', cursor);
          preferred = turn;
          return page;
        } catch (error) {
          if (error instanceof CursorRefusedError) throw error;
          failure = error;
        }
      }
      throw failure;
    },
    component: { name: 'revocation source', stop: () => agent.destroy() },
  };
}
