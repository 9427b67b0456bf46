import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { acceptsConnections, freePort } from './ports.ts';

describe('acceptsConnections', () => {
  it('tells when a server has come, and never keeps it from coming', async () => {
    const port = await freePort();
    expect(await acceptsConnections(port)).toBe(false);
    const asking = Array.from({ length: 20 }, () => acceptsConnections(port));
    const server = createServer().listen({ port, host: '127.0.0.1' });
    await once(server, 'listening');
    await Promise.all(asking);
    expect(await acceptsConnections(port)).toBe(true);
    server.close();
    await once(server, 'close');
    expect(await acceptsConnections(port)).toBe(false);
  });
});
