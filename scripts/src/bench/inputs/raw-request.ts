import { connect } from 'node:net';

/** The exact bytes that go over one connection. */
export interface RawRequest {
  method: string;
  target: string;
  headers?: Record<string, string>;
  body?: Buffer;
  /** Sends the body chunked, in pieces of so many bytes. */
  chunkBytes?: number;
}

/** @returns the status of the answer; 0 where the connection ended without one */
export async function sendRaw(url: string, request: RawRequest): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (data: Buffer) => {
    if (answer.length < 16) answer += data.toString('latin1');
  });
  // A service may hang up on what it refuses.
  socket.on('error', () => undefined);
  socket.setTimeout(30_000, () => socket.destroy());
  for (const part of partsOf(request, `${hostname}:${port}`)) socket.write(part);
  await new Promise((resolve) => socket.once('close', resolve));
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

function* partsOf({ method, target, headers = {}, body, chunkBytes }: RawRequest, host: string) {
  const lines = Object.entries({ host, connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  if (body !== undefined && chunkBytes === undefined) lines.push(`content-length: ${body.length}`);
  if (chunkBytes !== undefined) lines.push('transfer-encoding: chunked');
  yield Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (body === undefined) return;
  if (chunkBytes === undefined) yield body;
  else yield chunked(body, chunkBytes);
}

function chunked(body: Buffer, bytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += bytes) {
    const piece = body.subarray(at, at + bytes);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}
