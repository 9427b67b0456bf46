import { createServer, request as call } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { joinSmallChunks } from '../src/http/small-chunks.ts';

/** Answers with the number of chunks of a body, and its text. */
async function startServer(everyMs = 0): Promise<number> {
  const server = createServer((request, response) => {
    joinSmallChunks(request);
    void (async () => {
      const pieces: string[] = [];
      for await (const piece of request as AsyncIterable<Buffer>) {
        pieces.push(piece.toString());
        if (everyMs > 0) await delay(everyMs);
      }
      response.end(JSON.stringify({ pieces: pieces.length, text: pieces.join('') }));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const chunk = (content: string): string => `${content.length.toString(16)}\r\n${content}\r\n`;

async function post(port: number, chunks: string[]): Promise<{ pieces: number; text: string }> {
  const socket = connect(port, '127.0.0.1');
  const head = 'POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n';
  socket.write(`${head}${chunks.map(chunk).join('')}0\r\n\r\n`);
  const answer = await text(socket);
  return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as {
    pieces: number;
    text: string;
  };
}

describe('the small chunks of a body', () => {
  it('are joined when many arrive at once', async () => {
    const port = await startServer();
    const letters = Array.from({ length: 200_000 }, (_, index) => String.fromCharCode(97 + (index % 26)));
    const { pieces, text: content } = await post(port, letters);
    expect(content).toBe(letters.join(''));
    expect(pieces).toBeLessThan(1_000);
  });

  it('keep their order among large ones', async () => {
    const port = await startServer(1);
    const chunks = Array.from({ length: 500 }, (_, index) => `${index}`.repeat(index % 3 === 0 ? 2_000 : 2));
    expect((await post(port, chunks)).text).toBe(chunks.join(''));
  });

  it('are not collected without limit for a slow reader', async () => {
    const port = await startServer(20);
    const chunks = Array.from({ length: 100_000 }, () => 'ab');
    expect((await post(port, chunks)).text).toBe(chunks.join(''));
  });

  it('are passed on at once when they arrive one by one', async () => {
    const port = await startServer();
    const sending = call({
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
    });
    for (const letter of 'abc') {
      sending.write(letter);
      await delay(30);
    }
    sending.end();
    const [answer] = (await once(sending, 'response')) as [AsyncIterable<Buffer>];
    expect(JSON.parse(await text(answer))).toEqual({ pieces: 3, text: 'abc' });
  });
});
