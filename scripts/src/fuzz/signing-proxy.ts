import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Who calls, as the gateway would have found out. */
export interface Caller {
  userId: string;
  sessionId: string;
  roles: readonly string[];
  scopes: readonly string[];
}

export interface SigningProxy {
  url: string;
  stop(): Promise<void>;
}

export interface SigningProxyOptions {
  service: string;
  port: number;
  secret: string;
  caller: Caller;
}

const KEY_ID = 'k1';
const ADDRESS = '192.0.2.1';

/** Stands where the gateway stands, and passes on everything that the gateway would refuse: signed for one caller. */
export async function startSigningProxy(options: SigningProxyOptions): Promise<SigningProxy> {
  const server = createServer((incoming, outgoing) => passOn(incoming, outgoing, options));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has a TCP address
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, options: SigningProxyOptions): void {
  const { method = 'GET', url: path = '/' } = incoming;
  const headers = { ...incoming.headers, ...identityHeaders(method, path, options) };
  const onward = request({ host: '127.0.0.1', port: options.port, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

/** As `docs/architecture.md` has them. */
function identityHeaders(method: string, target: string, { service, secret, caller }: SigningProxyOptions) {
  const time = Date.now();
  const requestId = randomUUID();
  const [roles, scopes] = [caller.roles, caller.scopes].map((list) => list.toSorted().join(','));
  const { userId, sessionId } = caller;
  const signed = ['v1', service, time, method, target, userId, sessionId, roles, scopes, requestId, ADDRESS];
  const signature = createHmac('sha256', secret).update(JSON.stringify(signed)).digest('base64url');
  return {
    'x-user-id': userId,
    'x-session-id': sessionId,
    'x-user-roles': roles,
    'x-user-scopes': scopes,
    'x-request-id': requestId,
    'x-client-address': ADDRESS,
    'x-gateway-signature': `v1;k=${KEY_ID};t=${time};s=${signature}`,
  };
}
