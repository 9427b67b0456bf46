import { createHmac, randomUUID } from 'node:crypto';

/** Makes the headers that say who calls, for one request. */
export type Caller = (method: string, target: string) => Record<string, string>;

/** Who calls, as the gateway would have found out. */
export interface Identity {
  userId: string;
  sessionId: string;
  roles: readonly string[];
  scopes: readonly string[];
}

/** A service with the secret that its callers sign with. */
export interface Called {
  service: string;
  secret: string;
}

const KEY_ID = 'k1';
const ADDRESS = '192.0.2.1';

/** A user who calls the gateway. */
export const withToken =
  (token: string): Caller =>
  () => ({ authorization: `Bearer ${token}` });

/** A user whom the gateway has authenticated; `docs/architecture.md` describes the headers. */
export function fromGateway({ service, secret }: Called, identity: Identity): Caller {
  const [roles, scopes] = [identity.roles, identity.scopes].map((list) => list.toSorted().join(','));
  const { userId, sessionId } = identity;
  return (method, target) => {
    const time = Date.now();
    const requestId = randomUUID();
    const content = [
      'v1',
      service,
      time,
      method,
      target,
      userId,
      sessionId,
      roles,
      scopes,
      requestId,
      ADDRESS,
    ];
    return {
      'x-user-id': userId,
      'x-session-id': sessionId,
      'x-user-roles': roles ?? '',
      'x-user-scopes': scopes ?? '',
      'x-request-id': requestId,
      'x-client-address': ADDRESS,
      'x-gateway-signature': signature(secret, time, content),
    };
  };
}

/** Another service, in its own name. */
export function fromService({ service, secret }: Called): Caller {
  return (method, target) => {
    const time = Date.now();
    return {
      'x-internal-signature': signature(secret, time, ['internal-v1', service, time, method, target]),
    };
  };
}

function signature(secret: string, time: number, content: readonly unknown[]): string {
  const sum = createHmac('sha256', secret).update(JSON.stringify(content)).digest('base64url');
  return `v1;k=${KEY_ID};t=${time};s=${sum}`;
}
