import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpClient, requestBytes } from './http-client.ts';

let server: Server;
afterEach(() => server.close());

async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
  server = createServer({ keepAliveTimeout: 1 }, answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const hello = requestBytes({ method: 'POST', path: '/hello', token: 'a.b.c', body: '{"n":1}' });

describe('HttpClient', () => {
  it('sends what it was given and gives status and body, with as many requests at a time as connections', async () => {
    let most = 0;
    let now = 0;
    const url = await serve((request, response) => {
      most = Math.max(most, (now += 1));
      setTimeout(() => {
        now -= 1;
        const { authorization } = request.headers;
        response
          .writeHead(201, { 'content-length': 12 })
          .end(authorization === 'Bearer a.b.c' ? 'twelve bytes' : '');
      }, 20);
    });
    const client = new HttpClient(url, 3);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.exchange(hello)));
    client.close();
    expect(answers.map(({ status, body }) => `${status} ${body.toString()}`)).toEqual(
      Array(20).fill('201 twelve bytes'),
    );
    expect(most).toBe(3);
  });

  it('takes another connection for one that the server has closed', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 0, connection: 'close' }).end();
    });
    const client = new HttpClient(url, 2);
    // A request that meets the end of its connection is lost; it is not lost for ever.
    const status = (): Promise<number | 'lost'> =>
      client.exchange(hello).then(
        (answer) => answer.status,
        () => 'lost',
      );
    for (let times = 0; times < 10; times += 1) await expect.poll(status, { timeout: 5_000 }).toBe(200);
    client.close();
  });

  it('fails a request whose connection is lost or refused, and the next one is not the worse for it', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (requests === 1) request.socket.destroy();
      else response.writeHead(200, { 'content-length': 0 }).end();
    });
    const client = new HttpClient(url, 1);
    await expect(client.exchange(hello)).rejects.toThrow();
    expect((await client.exchange(hello)).status).toBe(200);
    server.close();
    server.closeAllConnections();
    await expect(client.exchange(hello)).rejects.toThrow();
    await expect(client.exchange(hello)).rejects.toThrow('ECONNREFUSED');
  });
});
