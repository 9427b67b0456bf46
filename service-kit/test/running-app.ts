import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { createMetrics } from '../src/admin/index.ts';
import { createApp, createHttpServer, type AppOptions, type HttpServerOptions } from '../src/http/index.ts';
import {
  createIdentityVerifier,
  createInternalCallVerifier,
  signIdentity,
  signInternalCall,
  type Identity,
} from '../src/identity/index.ts';
import { createLogger } from '../src/logging/index.ts';

const key = { id: 'k1', secret: 'secret-of-the-gateway-in-these-tests' };
const internalKey = { id: 'i1', secret: 'secret-of-the-services-in-these-tests' };
const service = 'test-service';

export const anonymous: Identity = {
  userId: '',
  sessionId: '',
  roles: [],
  scopes: [],
  clientAddress: '203.0.113.7',
};
export const player: Identity = { ...anonymous, userId: 'acc_1', sessionId: 'ses_1', roles: ['USER'] };
export const client: Identity = { ...anonymous, userId: 'cli_1', scopes: ['claims:read'] };

/** Signs a call like another service. */
export function internally(method: string, target: string): Record<string, string> {
  return signInternalCall({ service, key: internalKey, now: Date.now(), method, target });
}

export interface Call {
  as?: Identity;
  headers?: Record<string, string>;
  body?: string | object;
  signal?: AbortSignal;
}

export type LogLine = Record<string, unknown>;

/** Serves endpoints on a free port until the end of the test. */
export async function startApp(
  options: Partial<AppOptions> & Pick<AppOptions, 'endpoints'>,
  serverOptions: Partial<HttpServerOptions> = {},
) {
  const destination = new PassThrough();
  const logger = createLogger({ service, level: 'info', destination });
  const metrics = createMetrics(service);
  const verifyIdentity = createIdentityVerifier({ service, keys: [key] });
  const verifyInternalCall = createInternalCallVerifier({ service, keys: [internalKey] });
  const verifiers = { verifyIdentity, verifyInternalCall };
  const app = createApp({ service, problems: {}, logger, metrics, ...verifiers, ...options });
  const graces = { acceptGraceMs: 0, idleGraceMs: 0 };
  const server = createHttpServer({ app, host: '127.0.0.1', port: 0, logger, ...graces, ...serverOptions });
  await server.start();
  const { port } = server.address();
  const base = `http://127.0.0.1:${port}`;
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= server.stop());
  onTestFinished(stop);

  const lines: LogLine[] = [];
  destination.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n').filter(Boolean)) lines.push(JSON.parse(line) as LogLine);
  });

  return {
    port,
    base,
    metrics,
    lines,
    stop,
    call: (target: string, call?: Call) => callThrough(base, target, call),
  };
}

/** Calls like the gateway, with signed identity headers. */
async function callThrough(base: string, methodAndTarget: string, { as, headers, body, signal }: Call = {}) {
  const [method = '', target = ''] = methodAndTarget.split(' ');
  const signed =
    as && signIdentity({ service, key, method, target, identity: as, now: Date.now(), requestId: 'req-1' });
  const response = await fetch(base + target, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...signed, ...headers },
    body: typeof body === 'object' ? JSON.stringify(body) : (body ?? null),
    signal: signal ?? null,
  });
  const content = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: content === '' ? undefined : parsed(content),
  };
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}

/** Sends raw bytes, and returns all bytes that arrive until the server closes the connection. */
export async function sendRaw(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  for (const part of parts) socket.write(part);
  return text(socket);
}
