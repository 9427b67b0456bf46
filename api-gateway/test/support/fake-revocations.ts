import type { IncomingMessage, ServerResponse } from 'node:http';
import { createInternalCallVerifier, type SigningKey } from 'service-kit/identity';

export interface Revoked {
  accountId: string;
  sessionIds?: string[];
  minVersion?: number;
  exceptSessionId?: string;
  /** RFC 3339. Default: now. */
  revokedAt?: string;
}

/** auth-service's side of the contract: a list of revocations, and a cursor that overlaps. */
export interface FakeRevocations {
  /** The cursors of the requests so far. */
  asked: (string | undefined)[];
  /** 200 answers with the list; any other status has no body. */
  status: number;
  /** Every answer waits for this promise. */
  held: Promise<unknown>;
  /** Adds a revocation to the list. */
  record(revoked: Revoked): void;
  answer(request: IncomingMessage, response: ServerResponse): void;
}

const OVERLAP = 2;

export function createFakeRevocations(keys: readonly SigningKey[]): FakeRevocations {
  const verify = createInternalCallVerifier({ service: 'auth-service', keys });
  const items: (Revoked & { revokedAt: string })[] = [];

  async function answer({ method = '', url = '', headers }: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(url, 'http://auth-service');
    const since = searchParams.get('since') ?? undefined;
    fake.asked.push(since);
    // The answer is the list at the time of the request, as with a database.
    const from = since === undefined ? 0 : Math.max(Number(since.replace(/^c/, '')) - OVERLAP, 0);
    const body = { items: items.slice(from), cursor: `c${items.length}` };
    await fake.held;
    if (pathname !== '/internal/revocations' || method !== 'GET') response.writeHead(404).end();
    else if (!verify(method, url, headers)) response.writeHead(401).end();
    else if (fake.status !== 200) response.writeHead(fake.status).end('{}');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  const fake: FakeRevocations = {
    asked: [],
    status: 200,
    held: Promise.resolve(),
    record: (revoked) => void items.push({ revokedAt: new Date().toISOString(), ...revoked }),
    answer: (request, response) => void answer(request, response),
  };
  return fake;
}
