import { connect, type Socket } from 'node:net';

/** The same request from each connection again and again, as soon as it has its answer. */
export interface HttpLoadPlan {
  port: number;
  /** Path of a GET. */
  path: string;
  /** One connection for each. */
  tokens: readonly string[];
  durationMs: number;
}

export interface HttpLoadResult {
  elapsedMs: number;
  answers: number;
  /** Answers that were not 200, and connections that were lost. */
  failures: number;
  latenciesMs: number[];
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Sends bytes that were made once and reads no more of the answers than their status and length, because it has to
 * be much faster than what it measures. Answers must carry `content-length`.
 */
export async function runHttpLoad({ port, path, tokens, durationMs }: HttpLoadPlan): Promise<HttpLoadResult> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  let failures = 0;

  function drive(socket: Socket, request: Buffer): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let sentAt = performance.now();
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const length = answerLength(rest);
      if (length === undefined || rest.length < length) return;
      if (rest.toString('latin1', 9, 12) !== '200') failures += 1;
      rest = rest.subarray(length);
      const now = performance.now();
      latenciesMs.push(now - sentAt);
      if (now >= endsAt) {
        socket.end();
        return;
      }
      sentAt = now;
      socket.write(request);
    });
    socket.once('error', () => (failures += 1));
    socket.once('close', () => resolve());
    socket.write(request);
    return promise;
  }

  await Promise.all(
    tokens.map((token) => {
      const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json\r\n`;
      const request = Buffer.from(
        `${head}User-Agent: laurel-bench\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      );
      return drive(connect({ port, host: '127.0.0.1', noDelay: true }), request);
    }),
  );
  return { elapsedMs: performance.now() - startedAt, answers: latenciesMs.length, failures, latenciesMs };
}

function answerLength(bytes: Buffer): number | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const length = /content-length: (\d+)/i.exec(bytes.toString('latin1', 0, headEnd))?.[1];
  if (length === undefined) throw new Error('an answer without content-length');
  return headEnd + HEAD_END.length + Number(length);
}
