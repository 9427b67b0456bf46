import { randomBytes, randomUUID } from 'node:crypto';
import { signIdentity, type Identity, type Role } from 'service-kit/identity';
import type { ModularService } from 'service-kit/service';

/** The key that the gateway and the service share. */
export const GATEWAY_KEY = { id: 'k1', secret: randomBytes(32).toString('base64url') };

export interface Answer {
  status: number;
  headers: Headers;
  // Tests look into bodies of every shape; what they expect is said in the expectation.
  body: Record<string, unknown>;
}

export interface CallOptions {
  json?: unknown;
  form?: Record<string, string>;
  /** Sent as it is. */
  raw?: string;
  as?: Partial<Identity>;
  headers?: Record<string, string>;
  /** Whether the gateway's signature is left out. */
  unsigned?: boolean;
  /** Which of the instances is called. */
  instance?: number;
}

/** Calls an instance as the gateway would. */
export async function callInstance(
  instances: ModularService[],
  method: string,
  target: string,
  { json, form, raw, as, headers, unsigned = false, instance = 0 }: CallOptions,
): Promise<Answer> {
  const service = instances[instance];
  if (!service) throw new Error(`there is no instance ${instance}`);
  const body =
    raw ??
    (form ? new URLSearchParams(form).toString() : json === undefined ? undefined : JSON.stringify(json));
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
  const identity: Identity = {
    userId: '',
    sessionId: '',
    roles: [],
    scopes: [],
    clientAddress: '203.0.113.7',
    ...as,
  };
  const signed = signIdentity({
    service: 'auth-service',
    key: GATEWAY_KEY,
    now: Date.now(),
    method,
    target,
    identity,
    requestId: randomUUID(),
  });
  const response = await fetch(`http://127.0.0.1:${service.http.address().port}${target}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': type }), ...(unsigned ? {} : signed), ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

/** The address of the next page, from the `Link` header; empty if there is none. */
export const nextOf = ({ headers }: Answer): string =>
  /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? '';

/** The statuses of answers, sorted. */
export const statusesIn = (answers: readonly Answer[]): number[] =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

export const staff = (...roles: Role[]): Partial<Identity> => ({
  userId: `acc_staff_${roles.join('_')}`,
  sessionId: 'ses_staff',
  roles,
});

export const client = (...scopes: string[]): Partial<Identity> => ({ userId: 'cli_game_server', scopes });
