import { connect, type Socket } from 'node:net';
import { answerOnce } from '../load/run-apart.ts';

/** Streams through a gateway, all idle, until a heartbeat has come through each of them. */
export interface StreamPlan {
  port: number;
  upstreamPort: number;
  adminPort: number;
  path: string;
  token: string;
  webSockets: number;
  eventStreams: number;
}

export interface StreamResult {
  /** Streams through which the heartbeat came. */
  beats: number;
  beatMs: number;
  /** Resident memory of the gateway with nothing, with the WebSockets, and with all, in bytes. */
  resident: [number, number, number];
}

// So that the gateway's queue of new connections does not overflow.
const AT_ONCE = 100;
const BEAT_WITHIN_MS = 30_000;

const HEADS = {
  webSocket:
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
  events: 'Accept: text/event-stream\r\n',
};

answerOnce(async (plan: StreamPlan): Promise<StreamResult> => {
  const bare = await residentBytes(plan);
  const webSockets = await openAll(plan, 'webSocket', plan.webSockets);
  const withWebSockets = await residentBytes(plan);
  const sockets = [...webSockets, ...(await openAll(plan, 'events', plan.eventStreams))];
  const withAll = await residentBytes(plan);
  const startedAt = performance.now();
  const beats = Promise.all(sockets.map(beatOf));
  await fetch(`http://127.0.0.1:${plan.upstreamPort}/beat`);
  const arrived = (await beats).filter(Boolean).length;
  const beatMs = performance.now() - startedAt;
  for (const socket of sockets) socket.destroy();
  return { beats: arrived, beatMs, resident: [bare, withWebSockets, withAll] };
});

async function openAll(plan: StreamPlan, kind: keyof typeof HEADS, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const next = Math.min(AT_ONCE, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: next }, () => open(plan, kind)))));
  }
  return sockets;
}

function open({ port, path, token }: StreamPlan, kind: keyof typeof HEADS): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n${HEADS[kind]}\r\n`);
  socket.once('data', (head: Buffer) => {
    const status = head.toString('latin1', 9, 12);
    if (status === (kind === 'webSocket' ? '101' : '200')) resolve(socket);
    else reject(new Error(`a stream was answered with ${status}`));
  });
  socket.once('error', reject);
  return promise;
}

function beatOf(socket: Socket): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const limit = setTimeout(() => resolve(false), BEAT_WITHIN_MS);
  socket.on('data', (chunk: Buffer) => {
    if (!chunk.includes('beat')) return;
    clearTimeout(limit);
    resolve(true);
  });
  return promise;
}

/** What its metrics say, because that works on every platform. */
async function residentBytes({ adminPort }: StreamPlan): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return Number(/^process_resident_memory_bytes\{[^}]*\} (\S+)$/m.exec(text)?.[1]);
}
